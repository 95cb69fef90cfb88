import * as v from 'valibot';
import { reportDataId, reportSchema } from '../../src/protocol/report';
import { registerControls } from '../shared/controls';
import { element } from '../shared/element';
import { createReport } from './report';
import './report.css';

/** The script of the HTML report: reads the data of its own file and draws it. */
function main(): void {
  followColorScheme();
  registerControls();
  const page = element('main', { class: 'page' });
  document.body.append(page);
  const result = v.safeParse(reportSchema, parse(document.getElementById(reportDataId)?.textContent ?? ''));
  if (!result.success) {
    const [issue] = result.issues;
    page.append(
      element('p', {
        class: 'notice',
        attributes: { 'data-severity': 'error' },
        text: `The data of this report is damaged (${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}). Make it anew with: supra report`,
      }),
    );
    return;
  }
  page.append(...createReport(result.output));
}

/** Light or dark as the reader's system is; the shared styles and charts take it from the body's class. */
function followColorScheme(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    document.body.classList.toggle('vscode-dark', dark.matches);
    document.body.classList.toggle('vscode-light', !dark.matches);
  };
  apply();
  dark.addEventListener('change', apply);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

main();
