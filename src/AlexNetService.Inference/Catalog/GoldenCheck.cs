using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>Runs the crop whose answer the card knows, before a model serves.</summary>
internal static class GoldenCheck
{
    /// <exception cref="InvalidPackageException">The model computes something else than it did when it was exported.</exception>
    public static void Require(ModelSession session)
    {
        if (session.Card.Golden is not { } golden)
        {
            return;
        }

        var package = session.Package;
        if (!session.HasLogits || golden.Logits.Length != session.Classes * sizeof(float))
        {
            throw new InvalidPackageException(
                package.Folder, $"the card's golden answer is not one logit for each of {session.Classes} classes. Export the package again.");
        }

        var crop = new byte[session.CropBytes];
        GoldenCrop.Pixels(golden.Seed, crop);
        var logits = new float[session.Classes];
        session.Run(crop, 1, new CropOutputs { Logits = logits });

        var (largest, difference) = (0f, 0f);
        for (var i = 0; i < logits.Length; i++)
        {
            var expected = BitConverter.ToSingle(golden.Logits, i * sizeof(float));
            largest = Math.Max(largest, Math.Abs(expected));
            difference = Math.Max(difference, Math.Abs(expected - logits[i]));
        }

        // Written so that a NaN is refused.
        if (!(difference <= golden.Tolerance * largest))
        {
            throw new InvalidPackageException(
                package.Folder,
                $"its answer to the golden crop is off by {difference / largest:g2} of the largest logit where the card lets {golden.Tolerance:g2} through. Export the package again, on this runtime.");
        }
    }
}
