/** "none": phrases of the bank only, until the visitor asks for the text model. */
export type TextEncoderChoice = 'auto' | 'none';

interface ConnectionNavigator extends Navigator {
  connection?: { saveData?: boolean };
}

/** Whether the visitor's browser asks to fetch little. */
export const savesData = (): boolean =>
  (navigator as ConnectionNavigator).connection?.saveData === true;

/** By the page's address, `?encoder=none`, or by the browser's wish to save data. */
export function firstEncoderChoice(): TextEncoderChoice {
  const asked = new URLSearchParams(location.search).get('encoder');
  return asked === 'none' || (asked === null && savesData()) ? 'none' : 'auto';
}
