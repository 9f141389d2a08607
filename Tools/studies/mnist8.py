"""AVB with adaptive contrast against a Gaussian VAE, 8 latents, binarised MNIST, at equal steps. Takes an hour on two cores."""
import study

STEPS = 3000
page = study.Page("mnist8", "avb-mnist-8 against vae-mnist-8 at equal steps")
rows = []
for preset in ("vae-mnist-8", "avb-mnist-8"):
    path = study.train(preset, "mnist8/" + preset, ["training.steps=%d" % STEPS, "training.evaluateEvery=1000"])
    found = study.evaluate(path)
    way = ", ".join("%.1f" % line["elbo"] for line in study.log(path, "validation"))
    divergence = found.get("kl") or found["log-density-ratio"]
    rows.append([preset, STEPS] + ["%.2f ± %.2f" % (e["value"], e["standardError"])
                                   for e in (found["elbo"], found["reconstruction"], divergence)]
                + ["a lower bound" if "kl" in found else "by T: no bound", way])
page.text("The presets as they are (5x5 convolutions of 64 to 512 channels, 5000 images held out), %d steps of 128 images, of the 2.5 million "
          "in the paper: neither is near its end, so that the table says how they start and no more. Nats per image on the 10,000 test "
          "images, dynamically binarised." % STEPS)
page.table(["preset", "steps", "ELBO", "E log p(x given z)", "divergence", "", "ELBO on validation images, every 1000 steps"], rows)
page.write()
