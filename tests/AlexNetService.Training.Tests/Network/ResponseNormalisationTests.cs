using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

public class ResponseNormalisationTests
{
    private static readonly LocalResponseNormalisation Paper = new("lrn", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75);

    [Fact]
    public void Normalisation_OfLargeActivations_IsTheFormulaWrittenOut()
    {
        const int Maps = 7;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var input = rand(2, Maps, 3, 3, generator: generator) * 300;
        using var module = new ResponseNormalisation(Paper, Maps, CPU);

        var actual = module.call(input);

        for (var n = 0; n < 2; n++)
        {
            for (var i = 0; i < Maps; i++)
            {
                for (var place = 0; place < 9; place++)
                {
                    double At(int map) => input[n, map, place / 3, place % 3].item<float>();
                    var sum = 0.0;
                    for (var j = Math.Max(0, i - 2); j <= Math.Min(Maps - 1, i + 2); j++)
                    {
                        sum += At(j) * At(j);
                    }

                    var expected = At(i) / Math.Pow(2 + (1e-4 * sum), 0.75);
                    Assert.Equal(expected, actual[n, i, place / 3, place % 3].item<float>(), expected * 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Normalisation_AndItsGradient_AreTheLibrarys()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var values = rand(2, 24, 5, 5, generator: generator) * 400;
        var weights = rand(2, 24, 5, 5, generator: generator);
        var (mine, library) = (values.clone().requires_grad_(true), values.clone().requires_grad_(true));
        using var module = new ResponseNormalisation(Paper, 24, CPU);

        var (actual, expected) = (module.call(mine), MergedNetwork.Library(Paper).call(library));
        (actual * weights).sum().backward();
        (expected * weights).sum().backward();

        Assert.True(allclose(expected, actual, rtol: 1e-5, atol: 1e-5));
        Assert.NotNull(mine.grad);
        Assert.NotNull(library.grad);
        Assert.True(allclose(library.grad, mine.grad, rtol: 1e-4, atol: 1e-6));
    }

    [Fact]
    public void Normalisation_WithAlphaDividedByN_WouldBeSeen()
    {
        using var scope = NewDisposeScope();
        var input = full([1, 10, 1, 1], 300f);
        using var module = new ResponseNormalisation(Paper, 10, CPU);

        var dividedByN = nn.LocalResponseNorm(5, 1e-4, 0.75, 2).call(input);

        Assert.False(allclose(dividedByN, module.call(input), rtol: 0.5));
    }
}
