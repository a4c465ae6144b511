'use client';

import { useState } from 'react';

/** Runs in the browser: it gets what the page hands it, and no secret. */
export function Account({ exchange, keyLength }) {
  const [isShown, show] = useState(false);
  return (
    <button type="button" onClick={() => show(!isShown)}>
      {exchange}
      {isShown && `: a key of ${keyLength} characters`}
    </button>
  );
}
