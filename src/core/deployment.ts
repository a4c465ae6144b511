import type { Path } from './path.js';
import type { RotationSchedule } from './rotation-schedule.js';
import type { StorePlace } from './store-place.js';
import type { ValueForm } from './value-form.js';

/** The program that gets the secrets, as the `deploy:` section of keyward.yaml says it. */
export interface DeployedApp {
  readonly name: string;
  readonly image?: string | undefined;
  /** On which it listens. */
  readonly port?: number | undefined;
  /** The program and its arguments; that of the image when absent. */
  readonly command?: readonly string[] | undefined;
  readonly uid: number;
  /** Of a request that a healthy program answers, such as `/health`. */
  readonly health?: string | undefined;
}

/** One value of a secret: the secret itself, or a field of it. */
export interface DeployedValue {
  readonly field: string | undefined;
  /** At least one; what `keyward run` sets. */
  readonly env: readonly string[];
  readonly form: ValueForm | undefined;
}

/** A secret of the inventory and every store of the chain that may be asked for it. */
export interface DeployedSecret {
  readonly path: Path;
  /** Whether it is made of others when it is read, and kept in no store. */
  readonly isDerived: boolean;
  readonly values: readonly DeployedValue[];
  readonly owner: string | undefined;
  readonly purpose: string | undefined;
  readonly rotate: RotationSchedule | undefined;
  readonly isRequired: boolean;
  /** In the order of the chain; only stores whose names are known. Empty for a secret that is derived. */
  readonly places: readonly PlaceInLink[];
}

export interface PlaceInLink {
  /** Name of the link in the chain. */
  readonly link: string;
  readonly place: StorePlace;
}

/** What files for a deployment are made from: names and places, never a value. */
export interface Deployment {
  readonly project: string;
  readonly environment: string;
  readonly app: DeployedApp;
  /** In the order of the inventory. */
  readonly secrets: readonly DeployedSecret[];
}
