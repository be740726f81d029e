"use strict";
/* The interactive figures of a report, whose numbers stand in the page. */
{
  const numbers = document.getElementById("numbers");
  const root = document.getElementById("explore-figures");
  if (numbers && root) {
    const model = new Model();
    const given = JSON.parse(numbers.textContent);
    model.thinned = given.thinned;
    model.apply({ ...given, anew: true });
    new Figures(root, model, new Address()).rebuild();
  }
}
