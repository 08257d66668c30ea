using System.Text.Json;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Worker.Evaluate;

/// <summary>A package, through the session that serves it.</summary>
/// <param name="session">The package, open; it goes when this does.</param>
internal sealed class EvaluatedPackage(ModelSession session) : EvaluatedModel
{
    private const int PhotographsPerRun = 16;

    /// <summary>Opens a package for measurement.</summary>
    /// <exception cref="InvalidPackageException">The package is refused.</exception>
    public static EvaluatedPackage Open(ModelPackage package, RuntimeOptions options)
    {
        var card = package.Card;
        return new EvaluatedPackage(ModelSession.Open(package, options))
        {
            Name = $"{card.Name} version {card.Version}",
            Sha256 = card.Graph.Sha256,
            Labels = card.Labels,
            Geometry = new CropGeometry(card.Preprocessing.Canvas, card.Preprocessing.Crop),
            Temperature = card.Calibration?.Temperature ?? 1,
            Weight = card.EnsembleWeight ?? 1,
            DataSetSha256 = card.Training?.DataSetSha256,
            ValidationFraction = HeldOutShare(card.Training),
        };
    }

    /// <summary>The package, open.</summary>
    public ModelSession Session => session;

    public override IEnumerable<float[]> Logits(Canvases canvases, CropWindow[] windows, CancellationToken stop)
    {
        var crops = new byte[PhotographsPerRun * windows.Length * session.CropBytes];
        for (var start = 0; start < canvases.Photographs.Count; start += PhotographsPerRun)
        {
            stop.ThrowIfCancellationRequested();
            var photographs = Math.Min(PhotographsPerRun, canvases.Photographs.Count - start);
            for (var i = 0; i < photographs * windows.Length; i++)
            {
                var canvas = canvases[start + (i / windows.Length)];
                windows[i % windows.Length].CopyTo(
                    canvas.Span, canvases.Side, crops.AsSpan(i * session.CropBytes, session.CropBytes), Geometry.Crop);
            }

            foreach (var logits in Run(crops, photographs * windows.Length).Chunk(windows.Length * session.Classes))
            {
                yield return logits;
            }
        }
    }

    protected override void Dispose(bool disposing) => session.Dispose();

    /// <summary>Logits where the graph gives them, else the logarithms of its probabilities, whose softmax they are.</summary>
    private float[] Run(byte[] crops, int count)
    {
        var values = new float[count * session.Classes];
        var pixels = crops.AsSpan(0, count * session.CropBytes);
        if (session.HasLogits)
        {
            session.Run(pixels, count, new CropOutputs { Logits = values });
            return values;
        }

        session.Run(pixels, count, values);
        foreach (ref var value in values.AsSpan())
        {
            value = MathF.Log(MathF.Max(value, float.Epsilon));
        }

        return values;
    }

    private static double? HeldOutShare(TrainingManifest? training) =>
        training is { Recipe.ValueKind: JsonValueKind.Object } && training.Recipe.TryGetProperty("validationFraction", out var share)
            && share.TryGetDouble(out var number)
            ? number
            : null;
}
