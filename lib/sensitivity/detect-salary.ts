import type { Detector } from "./detector.ts";

const amount =
  /^(?:[A-Z]{3}\s?|[$€£¥₹]\s?)?(\d{1,3}(?:[,.' ]\d{3})+|\d+)(?:[.,]\d{1,2}0*)?\s?(?:k|[A-Z]{3}|[$€£¥₹])?$/i;

export const salary: Detector = {
  kind: "salary",
  hints: {
    salary: 0.95,
    salaries: 0.95,
    wage: 0.9,
    wages: 0.9,
    "base pay": 0.95,
    "gross pay": 0.95,
    "net pay": 0.95,
    "monthly pay": 0.95,
    "annual pay": 0.95,
    "take home": 0.9,
    "annual income": 0.95,
    "household income": 0.9,
    income: 0.75,
    earnings: 0.65,
    compensation: 0.9,
    "total comp": 0.9,
    remuneration: 0.95,
    payroll: 0.7,
    "hourly rate": 0.75,
    "pay rate": 0.9,
    stipend: 0.85,
    gehalt: 0.95,
    lohn: 0.9,
    bruttogehalt: 0.95,
    salario: 0.95,
    sueldo: 0.95,
    salaire: 0.95,
  },
  denied: [
    "grade",
    "code",
    "currency",
    "type",
    "id",
    "date",
    "tax",
    "statement",
    "frequency",
    "period",
    "percentile",
    "count",
    "operating",
    "ratio",
    "pct",
    "percent",
    "growth",
  ],
  fits(value) {
    const [, whole] = amount.exec(value) ?? [];
    return whole !== undefined && Number(whole.replace(/\D/g, "")) >= 1;
  },
};
