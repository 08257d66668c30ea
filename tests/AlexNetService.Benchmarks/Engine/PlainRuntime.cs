using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>
/// Plain use of ONNX Runtime without the engine: one session of the whole graph, one run for the ten crops of a picture, then their mean.
/// The session has as many threads as the engine, and they do not spin either: here spinning costs processor time and saves no wall time.
/// </summary>
internal sealed class PlainRuntime : EngineCase, IDisposable
{
    private static readonly CropGeometry Geometry = AlexNetLayers.ForImageNet().Geometry;

    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly CropWindow[] windows = CropViews.Ten(Geometry);
    private readonly byte[] crops;
    private readonly OrtValue input;

    public PlainRuntime(string name, string graph, int threads, int waiting)
        : base(name, members: 1, waiting)
    {
        using var settings = new SessionOptions { IntraOpNumThreads = threads };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        session = new InferenceSession(graph, settings);
        crops = new byte[windows.Length * NetworkArchitecture.Channels * Geometry.Crop * Geometry.Crop];
        input = OrtValue.CreateTensorValueFromMemory(
            crops, [windows.Length, NetworkArchitecture.Channels, Geometry.Crop, Geometry.Crop]);
    }

    public void Dispose()
    {
        input.Dispose();
        options.Dispose();
        session.Dispose();
    }

    protected override void Classify(IReadOnlyList<Canvas> pictures)
    {
        foreach (var picture in pictures)
        {
            var size = crops.Length / windows.Length;
            for (var i = 0; i < windows.Length; i++)
            {
                windows[i].CopyTo(picture.Pixels, Geometry.Canvas, crops.AsSpan(i * size, size), Geometry.Crop);
            }

            using var outputs = session.Run(options, ["image"], [input], ["probabilities"]);
            var probabilities = outputs[0].GetTensorDataAsSpan<float>();
            var mean = new float[probabilities.Length / windows.Length];
            for (var i = 0; i < probabilities.Length; i++)
            {
                mean[i % mean.Length] += probabilities[i] / windows.Length;
            }
        }
    }
}
