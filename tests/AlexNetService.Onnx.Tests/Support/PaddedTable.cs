using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Onnx.Tests.Support;

/// <summary>A small table whose second stage pads, as the paper's does: its crops share only the inside of that stage.</summary>
internal static class PaddedTable
{
    public static NetworkArchitecture Of(int kernel, int padding, int window) => new("padded", Columns: 2, new CropGeometry(32, 24),
    [
        new Convolution("conv1", 16, Kernel: 5, Stride: 1, Padding: 0, Reads.Image, 0.05, InitialBias: 0),
        new Rectifier("relu1"),
        new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
        new MaxPooling("pool1", Window: 3, Stride: 2),
        new Convolution("conv2", 24, kernel, Stride: 1, padding, Reads.OwnColumn, 0.05, InitialBias: 0.1),
        new Rectifier("relu2"),
        new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
        new MaxPooling("pool2", window, Stride: 2),
        new Convolution("conv3", 16, Kernel: 3, Stride: 1, Padding: 1, Reads.BothColumns, 0.05, InitialBias: 0),
        new Rectifier("relu3"),
        new Dense("fc4", 32, Reads.BothColumns, 0.05, InitialBias: 0.1),
        new Rectifier("relu4"),
        new Classifier("fc5", 10, 0.05, InitialBias: 0),
    ]);
}
