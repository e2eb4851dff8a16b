import type { Detector } from "./detector.ts";

/** A code of ICD-10 with its subdivision; three characters alone are a seat, a shelf or a paper size just as well. */
const dottedIcd = /^([A-TV-Z]\d[0-9AB])\.[0-9A-TV-Z]{1,4}$/;

/** The categories that most of what is coded falls into: of shelves and parts of that shape few would be among them. */
const frequentCategories = new Set(
  `A08 A09 A41 A49 B34 B37 C18 C34 C50 C61 C79 D12 D22 D23 D50 D64 D72 E03 E04 E05 E10 E11 E55 E66 E78 E83 E86 E87 F10 F17
  F20 F31 F32 F33 F34 F40 F41 F43 F90 G25 G40 G43 G44 G47 G56 G89 H04 H10 H25 H26 H35 H40 H52 H60 H61 H65 H66 I20 I21 I25
  I26 I48 I49 I50 I63 I65 I70 I73 I83 I87 J01 J02 J03 J06 J09 J18 J20 J30 J32 J34 J40 J42 J44 J45 J98 K04 K08 K21 K29 K30
  K40 K52 K57 K58 K59 K76 K80 L02 L03 L20 L23 L30 L40 L57 L70 L72 L82 L98 M06 M10 M15 M16 M17 M19 M23 M25 M47 M48 M50 M51
  M53 M54 M62 M65 M70 M72 M75 M77 M79 M81 N17 N18 N20 N30 N39 N40 N63 N76 N83 N92 N94 N95 O26 O80 P07 R00 R05 R06 R07 R10
  R11 R19 R21 R26 R31 R35 R41 R42 R50 R51 R53 R55 R63 R68 R73 R79 R91 R94 S01 S06 S09 S13 S22 S32 S42 S52 S61 S62 S63 S72
  S80 S82 S83 S90 S93 T14 T78 Z00 Z01 Z11 Z12 Z20 Z23 Z30 Z34 Z38 Z48 Z51 Z71 Z76 Z79 Z85 Z86 Z87 Z95 Z98`.split(
    /\s+/,
  ),
);

const beginnings = `diabet hypertens hypotens asthma carcinom sarcom fractur pneumon migrain influenza infarct angina
  epileps dementia alzheimer parkinson leukemi leukaemi lymphom tumor tumour anemi anaemi hyperlipid hypothyroid
  hyperthyroid eczema psoria schizophren depressive cirrhosis thrombos embolism sepsis copd gerd covid tubercul osteopor
  insomnia concussion hernia neuropath arrhythm fibrillation melanom chemotherap dialysis biopsy vaccinat immuniz
  insulin metformin lisinopril atorvastatin simvastatin amoxicillin ibuprofen paracetamol acetaminophen warfarin
  levothyroxine omeprazole sertraline prednis albuterol amlodipine losartan gabapentin azithromycin fluoxetine`;

const terms = new RegExp(
  `\\b(?:${beginnings.split(/\s+/).join("|")})|\\b(?:hiv|stroke|allergic to|\\w{3,}(?:ectomy|oscopy|itis))\\b`,
  "i",
);

export const medical: Detector = {
  kind: "medical",
  hints: {
    diagnosis: 0.95,
    diagnoses: 0.95,
    diagnose: 0.9,
    dx: 0.85,
    icd: 0.95,
    medication: 0.95,
    medications: 0.95,
    prescription: 0.9,
    prescriptions: 0.9,
    allergy: 0.9,
    allergies: 0.9,
    mrn: 0.95,
    "medical record": 0.95,
    "medical history": 0.95,
    "blood type": 0.95,
    "blood group": 0.95,
    "blood pressure": 0.9,
    symptom: 0.85,
    symptoms: 0.9,
    "chief complaint": 0.95,
    "health condition": 0.95,
    disease: 0.85,
    disability: 0.8,
    hiv: 0.95,
    "lab result": 0.85,
    immunization: 0.9,
    immunizations: 0.9,
    comorbidities: 0.95,
    krankheit: 0.9,
    diagnostico: 0.9,
    condition: 0.35,
    treatment: 0.4,
    procedure: 0.35,
    patient: 0.3,
  },
  denied: ["count", "cost", "date", "price", "system", "log", "status", "tool", "server"],
  fits: (value) => /[\p{L}\d]/u.test(value),
  alone: {
    looksLike: (value) => /\p{L}/u.test(value),
    isOne: (value) => frequentCategories.has(dottedIcd.exec(value)?.[1] ?? "") || terms.test(value),
    // Texts speak of other things as well; that some speak of an illness is what counts.
    precision: { none: 0.02, all: 0.2 },
    shareFull: 0.3,
    sureness: 0.85,
    deniedAlone: [
      "shelf",
      "bin",
      "version",
      "part",
      "sku",
      "seat",
      "room",
      "grade",
      "product",
      "title",
      "headline",
    ],
  },
};
