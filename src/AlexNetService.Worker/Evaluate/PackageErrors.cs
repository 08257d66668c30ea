using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Errors of packages and of the mean of their probabilities, through ONNX Runtime.</summary>
internal static class PackageErrors
{
    private const int PhotographsPerRun = 16;

    public static IReadOnlyList<MeasuredError> Measure(
        IReadOnlyList<string> folders, LabelledPhotographs source, IReadOnlyList<Photograph> photographs, Func<CropGeometry, CropWindow[]> views, int threads, CancellationToken stop)
    {
        var results = new List<MeasuredError>();
        ModelCard? first = null;
        Canvases? canvases = null;
        float[][]? sum = null;
        foreach (var folder in folders)
        {
            var package = ModelPackage.Open(folder);
            first ??= package.Card;
            if (!package.Card.Labels.SequenceEqual(first.Labels))
            {
                throw new InputException($"'{folder}' and '{folders[0]}' have different labels; they are no ensemble. Measure them one by one.");
            }

            using var session = ModelSession.Open(package, new RuntimeOptions { Threads = threads });
            var geometry = new CropGeometry(package.Card.Preprocessing.Canvas, package.Card.Preprocessing.Crop);
            canvases = canvases?.Side == geometry.Canvas ? canvases : Canvases.Load(source, photographs, geometry.Canvas, stop);
            var classes = ClassMatch.Of(source.Labels, package.Card.Labels, folder);
            var windows = views(geometry);
            var probabilities = Probabilities(session, canvases, windows, stop).ToArray();
            results.Add(MeasuredError.Of($"{package.Card.Name} version {package.Card.Version}", windows.Length, canvases, classes, probabilities));
            sum = sum is null ? probabilities : [.. sum.Zip(probabilities, (one, other) => one.Zip(other, (x, y) => x + y).ToArray())];
            if (results.Count == folders.Count && results.Count > 1)
            {
                results.Add(MeasuredError.Of($"ensemble of {folders.Count}", windows.Length, canvases, classes, sum));
            }
        }

        return results;
    }

    /// <summary>Mean over the views of a photograph's probabilities, for every photograph in turn.</summary>
    public static IEnumerable<float[]> Probabilities(ModelSession session, Canvases canvases, CropWindow[] windows, CancellationToken stop)
    {
        var crops = new byte[PhotographsPerRun * windows.Length * session.CropBytes];
        var perCrop = new float[PhotographsPerRun * windows.Length * session.Classes];
        for (var start = 0; start < canvases.Photographs.Count; start += PhotographsPerRun)
        {
            stop.ThrowIfCancellationRequested();
            var photographs = Math.Min(PhotographsPerRun, canvases.Photographs.Count - start);
            for (var i = 0; i < photographs; i++)
            {
                for (var view = 0; view < windows.Length; view++)
                {
                    windows[view].CopyTo(
                        canvases[start + i].Span, canvases.Side, crops.AsSpan(((i * windows.Length) + view) * session.CropBytes, session.CropBytes), session.Card.Preprocessing.Crop);
                }
            }

            var count = photographs * windows.Length;
            session.Run(crops.AsSpan(0, count * session.CropBytes), count, perCrop.AsSpan(0, count * session.Classes));
            for (var i = 0; i < photographs; i++)
            {
                yield return Mean(perCrop.AsSpan(i * windows.Length * session.Classes, windows.Length * session.Classes), session.Classes);
            }
        }
    }

    private static float[] Mean(ReadOnlySpan<float> views, int classes)
    {
        var mean = new float[classes];
        for (var i = 0; i < views.Length; i++)
        {
            mean[i % classes] += views[i] / (views.Length / classes);
        }

        return mean;
    }
}
