using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Benchmarks.Gpu;

/// <summary>
/// Plain use of ONNX Runtime on a device: one session of the whole graph with default options, one run for the ten crops of a
/// photograph, then their mean. Any number of clients may share it.
/// </summary>
internal sealed class PlainDevice : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();

    private PlainDevice(ModelCard card, InferenceSession session) => (Card, this.session) = (card, session);

    public ModelCard Card { get; }

    public static PlainDevice Open(ModelPackage package, string device)
    {
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        if (device != "cpu")
        {
            var index = int.Parse(device.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture);
            settings.AppendExecutionProvider_CUDA(index);
        }

        return new PlainDevice(package.Card, new InferenceSession(package.GraphPath, settings));
    }

    /// <summary>A function that decodes and classifies one photograph at a time, in buffers of its own.</summary>
    public Action<byte[]> NewClient()
    {
        var input = Card.Preprocessing;
        var windows = CropViews.Ten(new CropGeometry(input.Canvas, input.Crop));
        var (canvas, mean) = (new byte[NetworkArchitecture.Channels * input.Canvas * input.Canvas], new float[Card.Labels.Count]);
        var crops = new byte[windows.Length * NetworkArchitecture.Channels * input.Crop * input.Crop];
        return picture =>
        {
            if (CanvasDecoder.DecodeTo(picture, input.Canvas, canvas) is { } fault)
            {
                throw new InvalidOperationException($"A photograph was not decoded: {fault}.");
            }

            var size = crops.Length / windows.Length;
            for (var i = 0; i < windows.Length; i++)
            {
                windows[i].CopyTo(canvas, input.Canvas, crops.AsSpan(i * size, size), input.Crop);
            }

            using var pixels = OrtValue.CreateTensorValueFromMemory(
                crops, [windows.Length, NetworkArchitecture.Channels, input.Crop, input.Crop]);
            using var outputs = session.Run(options, [Card.Tensors.Input], [pixels], [Card.Tensors.Probabilities ?? ""]);
            var probabilities = outputs[0].GetTensorDataAsSpan<float>();
            mean.AsSpan().Clear();
            for (var i = 0; i < probabilities.Length; i++)
            {
                mean[i % mean.Length] += probabilities[i] / windows.Length;
            }
        };
    }

    public void Dispose()
    {
        options.Dispose();
        session.Dispose();
    }
}
