/** The part of the package that is used here; it comes without types of its own. */
declare module "html-to-text" {
  interface HtmlToTextOptions {
    wordwrap: number | false;
    selectors: { selector: string; format?: string; options?: Record<string, boolean> }[];
    limits: { maxInputLength: number };
  }
  export function convert(html: string, options: HtmlToTextOptions): string;
}
