// Links that MLflow's client prints, such as http://host/#/experiments/1/runs/…, lead to our pages.

const follow = () => location.hash.startsWith("#/") && location.replace(`/open?link=${encodeURIComponent(location.hash)}`);

follow();
addEventListener("hashchange", follow);
