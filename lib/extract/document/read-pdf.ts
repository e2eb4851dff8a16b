import { getDocumentProxy } from "unpdf";
import { DocumentProblem, type DocumentText, documentTextMax } from "./document-problem.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

// The longest printed works have some ten thousand pages; a broken file may claim hundreds of millions.
const pageCountMax = 20_000;

/** The text of all pages, which are separated by blank lines. */
export async function readPdf(bytes: Uint8Array): Promise<DocumentText> {
  const pdf = await openPdf(bytes);
  try {
    if (pdf.numPages > pageCountMax) throw tooManyPages(pdf.numPages);
    const content = await readPages(pdf);
    if (content.trim() === "") {
      const remedy =
        "Scanned pages need text recognition (OCR), which is not there yet; send a PDF that has text in it.";
      throw new DocumentProblem("pdf-no-text", "the PDF holds no text, only images or nothing", remedy);
    }
    return { title: await readTitle(pdf), content: content.toWellFormed(), pageCount: pdf.numPages };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function openPdf(bytes: Uint8Array): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes, { verbosity: 0 });
  } catch (cause) {
    throw isPasswordError(cause) ? encrypted(cause) : broken("it cannot be opened", cause);
  }
}

async function readPages(pdf: Pdf): Promise<string> {
  const pages: string[] = [];
  let length = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await readPage(pdf, number);
    length += page.length + 2;
    if (length > documentTextMax) {
      const remedy = "Split the PDF and send the parts.";
      throw new DocumentProblem(
        "pdf-size",
        `the PDF holds more than ${documentTextMax} characters of text`,
        remedy,
      );
    }
    pages.push(page);
  }
  return pages.join("\n\n").replaceAll("\u0000", "");
}

async function readPage(pdf: Pdf, number: number): Promise<string> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
  } catch (cause) {
    throw broken(`page ${number} of ${pdf.numPages} cannot be read`, cause);
  }
}

async function readTitle(pdf: Pdf): Promise<string | null> {
  const { info } = await pdf.getMetadata();
  const title: unknown = "Title" in info ? info.Title : null;
  return typeof title === "string" && title.trim() !== "" ? title.trim().toWellFormed() : null;
}

function isPasswordError(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "PasswordException";
}

function encrypted(cause: unknown): DocumentProblem {
  const remedy = "Remove the password and send the file again.";
  return new DocumentProblem("pdf-encrypted", "the PDF is protected by a password", remedy, cause);
}

function broken(what: string, cause: unknown): DocumentProblem {
  const remedy = "Open it in a PDF viewer, save it again, and send that file.";
  return new DocumentProblem("pdf-broken", `the PDF is damaged: ${what}`, remedy, cause);
}

function tooManyPages(pageCount: number): DocumentProblem {
  const reason = `the PDF says it has ${pageCount} pages; at most ${pageCountMax} are read`;
  return new DocumentProblem("pdf-pages", reason, "Split the PDF; if it is a short one, it is damaged.");
}
