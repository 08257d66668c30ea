using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Export;

/// <summary>A package's answer to the golden crop, for its card.</summary>
internal static class GoldenAnswer
{
    private const uint Seed = 2012;

    /// <summary>Processors and runtime versions add in different orders; a graph with other weights differs by far more.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>The answer, or null if the graph has no logits.</summary>
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
