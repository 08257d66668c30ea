using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Export;

/// <summary>What a package answers to the golden crop, for its card.</summary>
internal static class GoldenAnswer
{
    private const uint Seed = 2012;

    /// <summary>Processors and versions of the runtime add in another order; a graph of other weights is off by far more.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>Asks the session, or gives null where its graph has no logits.</summary>
    public static GoldenCrop? Of(ModelSession session, double tolerance = Tolerance)
    {
        if (!session.HasLogits)
        {
            return null;
        }

        var crop = new byte[session.CropBytes];
        GoldenCrop.Pixels(Seed, crop);
        var logits = new float[session.Classes];
        session.Run(crop, 1, new CropOutputs { Logits = logits });
        return GoldenCrop.Of(Seed, logits, tolerance);
    }
}
