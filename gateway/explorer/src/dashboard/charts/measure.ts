import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Width of an element in CSS pixels, so that charts draw their text at its true size. */
export function useWidth<Element extends HTMLElement>(fallback: number) {
  const element = useRef<Element>(null);
  const [width, setWidth] = useState(fallback);
  useLayoutEffect(() => {
    const node = element.current!;
    const measure = () => {
      if (node.clientWidth > 0) setWidth(node.clientWidth);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}
