using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class MaxPoolingTranslationTests
{
    [Theory]
    [InlineData(3, 2, 9, 4)] // overlapping, the last window ends at the edge
    [InlineData(3, 2, 10, 4)] // overlapping, a row and a column are left over: no window hangs over the edge
    [InlineData(2, 2, 8, 4)] // not overlapping
    public void MaxPooling_Windows_TakeTheLargest(int window, int stride, int side, int windows)
    {
        var (from, to) = (new Shape(4, side, side), new Shape(4, windows, windows));
        // Negative values show a padding of zeros.
        var batch = new Draws(3).Uniform(2 * from.Values, -255, -1);

        var actual = LayerRig.Run(new MaxPooling("p", window, stride), 2, from, to, batch);

        Close.Relative(0, LayerRig.Plain(from, batch, maps => maps.Pool(window, stride)), actual);
    }
}
