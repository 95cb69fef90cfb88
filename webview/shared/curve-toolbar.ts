import { type Axis, axes, axisTitles } from './axis';
import { createCheckbox, createChoice, createSlider } from './controls';
import { element } from './element';
import { createZoom, type Zoom } from './zoom';

/** How the user looks at the curves of training; kept over a reload. */
export interface CurveView {
  readonly axis: Axis;
  readonly smoothing: number;
}

/** Every yes or no of a view with the words of its checkbox. */
type Switches<View> = {
  readonly [Key in keyof View as View[Key] extends boolean ? Key & string : never]-?: string;
};

export interface CurveToolbarOptions<View> {
  readonly label: string;
  readonly initial: View;
  readonly switches: Switches<View>;
  readonly onChange: (view: View) => void;
  /** The view or the visible part of x is another. */
  readonly redraw: () => void;
}

/** The controls over curves, and what is chosen in them. */
export interface CurveToolbar<View> {
  readonly root: HTMLElement;
  readonly smoothing: HTMLElement;
  readonly zoom: Zoom;
  view(): View;
  set(changed: Partial<View>): void;
}

export function createCurveToolbar<View extends CurveView>({
  label,
  initial,
  switches,
  onChange,
  redraw,
}: CurveToolbarOptions<View>): CurveToolbar<View> {
  let view = initial;
  const set = (changed: Partial<View>) => {
    view = { ...view, ...changed };
    onChange(view);
    redraw();
  };
  const zoom = createZoom('everything', redraw);
  const smoothing = createSlider(
    'Smoothing',
    view.smoothing,
    { max: 0.99, step: 0.01, show: value => value.toFixed(2) },
    weight => set({ smoothing: weight } as Partial<View>),
  );
  const root = element('div', {
    class: 'toolbar',
    attributes: { role: 'group', 'aria-label': label },
    children: [
      createChoice(
        'X axis',
        axes.map(value => ({ value, label: axisTitles[value] })),
        view.axis,
        axis => {
          // A part of one axis means nothing on another.
          zoom.to(null);
          set({ axis } as Partial<View>);
        },
      ),
      smoothing,
      ...Object.entries<string>(switches).map(([key, words]) =>
        createCheckbox(words, Boolean(view[key as keyof View]), on => set({ [key]: on } as Partial<View>)),
      ),
      zoom.button,
    ],
  });
  return { root, smoothing, zoom, view: () => view, set };
}
