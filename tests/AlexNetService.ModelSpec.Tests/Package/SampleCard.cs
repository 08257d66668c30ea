using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

/// <summary>A card with every field filled.</summary>
internal static class SampleCard
{
    public static ModelCard Of(string name, int version) => new()
    {
        Name = name,
        Version = version,
        Architecture = AlexNetLayers.ForCifar(classes: 3),
        Preprocessing = new Preprocessing { Canvas = 32, Crop = 28 },
        Tensors = new TensorNames("image", "logits", "probabilities", "features"),
        Labels = [new(0, "n02123045", "tabby, Tabbykatze"), new(1, "n02085620", "Chihuahua"), new(2, "n07747607", "orange <fruit>")],
        Metrics = [new("cifar10", "validation", Images: 5000, Crops: 10, Top1Error: 0.228, Top5Error: 0.015)],
        Calibration = new Calibration(
            1.25, "cifar10", "validation", 2500, 2500, Crops: 10, EceBefore: 0.05, EceAfter: 0.01, NllBefore: 0.7, NllAfter: 0.6),
        EnsembleWeight = 1.5,
        Training = new TrainingManifest
        {
            Recipe = JsonSerializer.SerializeToElement(new Dictionary<string, double> { ["momentum"] = 0.9 }),
            Seed = 17,
            DataSet = "cifar10.zip",
            DataSetSha256 = new string('a', 64),
            TrainingImages = 45000,
            ValidationImages = 5000,
            Epochs = 12,
            Started = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero),
            Finished = new DateTimeOffset(2024, 2, 29, 14, 30, 0, TimeSpan.Zero),
            Software = new Dictionary<string, string> { ["AlexNetService"] = "0.1.0", ["TorchSharp"] = "0.107.0" },
        },
        Graph = new GraphFile("model.onnx", "", 0),
    };

    /// <summary>The same with a file of weights, trunk and rest, a golden crop, and as if it had been quantized.</summary>
    public static ModelCard WithSplit(string name, int version) => Of(name, version) with
    {
        Weights = new GraphFile("model.weights", "", 0),
        Split = new SplitGraph(
            new GraphFile("trunk.onnx", "", 0),
            new GraphFile("rest.onnx", "", 0),
            "pool2",
            MapType.UInt8,
            Count: 96,
            CanvasSide: 13,
            CropSide: 11,
            Step: 2),
        Golden = GoldenCrop.Of(2012, [1, -2.5f, 0.125f], tolerance: 1e-3),
        Quantization = new Quantization(
            Precision.Int8, "cats", 1, new string('b', 64), CalibrationImages: 200, "cifar10", Images: 500,
            Top1ErrorBefore: 0.228, Top1ErrorAfter: 0.230, Top5ErrorBefore: 0.015, Top5ErrorAfter: 0.016),
    };
}
