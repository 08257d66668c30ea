using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class LocalResponseNormalisationTranslationTests
{
    [Theory]
    [InlineData(16, 2, 5, 2, 1e-4, 0.75)] // the paper's
    [InlineData(16, 1, 5, 2, 1e-4, 0.75)]
    [InlineData(12, 3, 5, 1, 2e-5, 0.75)]
    [InlineData(8, 2, 1, 2, 1e-4, 0.75)] // every map by itself
    [InlineData(4, 2, 9, 2, 1e-4, 0.75)] // windows wider than a column
    [InlineData(16, 2, 5, 2, 1e-4, 0.5)] // any other β
    [InlineData(16, 2, 3, 1, 1e-4, 1.25)]
    public void Normalisation_PixelSizedValues_FollowsTheFormulaInsideEachColumn(
        int maps, int columns, int n, double k, double alpha, double beta)
    {
        var shape = new Shape(maps, 3, 2);
        var batch = new Draws(6).Uniform(3 * shape.Values, -255, 255);

        var actual = LayerRig.Run(new LocalResponseNormalisation("n", n, k, alpha, beta), columns, shape, shape, batch);

        Close.Relative(2e-6, LayerRig.Plain(shape, batch, x => x.Normalise(columns, n, k, alpha, beta)), actual);
    }

    // The windows of a column's edge too: the operator knows no columns.
    [Theory]
    [InlineData(16, 2, 5, 2, 1e-4, 0.75)]
    [InlineData(16, 1, 5, 2, 1e-4, 0.75)]
    [InlineData(12, 3, 3, 1, 2e-5, 1.25)]
    public void Operator_PixelSizedValues_FollowsTheFormulaInsideEachColumn(int maps, int columns, int n, double k, double alpha, double beta)
    {
        var shape = new Shape(maps, 3, 2);
        var batch = new Draws(6).Uniform(3 * shape.Values, -255, 255);

        var actual = LayerRig.Run(
            new LocalResponseNormalisation("n", n, k, alpha, beta), columns, shape, shape, batch, NormalisationForm.Operator);

        Close.Relative(2e-6, LayerRig.Plain(shape, batch, x => x.Normalise(columns, n, k, alpha, beta)), actual);
    }

    /// <summary>Worked out by hand: s = 2 + 1e-4 · 100² · (maps in the window), b = 100 / s^0.75.</summary>
    [Fact]
    public void Normalisation_AllMapsAlike_CountsTheNeighboursOfItsOwnColumn()
    {
        // Two columns of five: windows hold 3, 4, 5, 4, 3 maps, twice.
        var shape = new Shape(10, 1, 1);
        var column = new[] { 5, 6, 7, 6, 5 }.Select(s => 100 / Math.Pow(s, 0.75)).ToArray();

        var actual = LayerRig.Run(
            new LocalResponseNormalisation("n", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75), 2, shape, shape,
            [100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);

        Close.Relative(1e-6, [.. column, .. column], actual);
    }
}
