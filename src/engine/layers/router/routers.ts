import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Config, Instance } from '../../../architecture/component';
import type { IdOf } from '../../../architecture/registry';
import { inputRouter } from './input';
import type { Router, RouterScope, Routing } from './router';
import { sigmoidRouter } from './sigmoid';
import { softmaxRouter } from './softmax';

/** The tensor code of every router. Total: a router of the registry that is missing here does not compile. */
export const routers: { readonly [Id in IdOf<'router'>]: Router<Id> } = {
  'router.softmax': softmaxRouter,
  'router.sigmoid': sigmoidRouter,
  'router.input': inputRouter,
};

/** A router whose component is not statically known. */
export interface AnyRouter {
  readonly weighs: 'input' | 'output';
  route(scores: Tensor2D, scope: RouterScope<Config>): Routing;
}

/** The code of a router. Throws a programmer error when the instance is none. */
export function routerOf(instance: Instance): AnyRouter {
  const router = Object.hasOwn(routers, instance.id) ? routers[instance.id as IdOf<'router'>] : undefined;
  if (router === undefined) throw new Error(`Expected a component of the slot 'router', got '${instance.id}'.`);
  // The instance carries the settings of its own component.
  return router as unknown as AnyRouter;
}
