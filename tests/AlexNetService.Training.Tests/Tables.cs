using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Tests;

/// <summary>Layer tables and data that tests share.</summary>
internal static class Tables
{
    public static NetworkArchitecture Preset(string name, int classes) =>
        AlexNetLayers.Find(name, classes) ?? throw new ArgumentException($"no preset {name}", nameof(name));

    /// <summary>A two-column network of a few thousand weights, every layer kind in it, for 16×16 crops of a 20×20 canvas.</summary>
    public static NetworkArchitecture Tiny(int classes = 3) => new("tiny", 2, new CropGeometry(20, 16),
    [
        new Convolution("conv1", 8, 3, 1, 0, Reads.Image, 0.02, 0),
        new Rectifier("relu1"),
        new LocalResponseNormalisation("lrn1", 5, 2, 1e-4, 0.75),
        new MaxPooling("pool1", 3, 2),
        new Convolution("conv2", 8, 3, 1, 1, Reads.OwnColumn, 0.1, 0.1),
        new Rectifier("relu2"),
        new Convolution("conv3", 8, 3, 1, 1, Reads.BothColumns, 0.1, 0),
        new Rectifier("relu3"),
        new MaxPooling("pool3", 3, 2),
        new Dense("fc4", 16, Reads.BothColumns, 0.1, 0.1),
        new Rectifier("relu4"),
        new Dropout("drop4", 0.5),
        new Classifier("fc5", classes, 0.1, 0),
    ]);

    /// <summary>Splits a data set and prepares its canvases.</summary>
    public static TrainingData Load(LabelledPhotographs source, DataShare share, int side, CancellationToken cancellation)
    {
        var (learned, heldOut) = source.Split(share);
        return new TrainingData(Canvases.Load(source, learned, side, cancellation), Canvases.Load(source, heldOut, side, cancellation));
    }
}
