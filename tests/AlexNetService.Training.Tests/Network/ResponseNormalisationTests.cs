using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

public class ResponseNormalisationTests
{
    private static readonly LocalResponseNormalisation Paper = new("lrn", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75);

    [Fact]
    public void Normalisation_OfLargeActivations_EqualsThePapersFormula()
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
    public void Normalisation_AndItsGradient_EqualTheLibrarys()
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
    public void Normalisation_WithAlphaDividedByN_WouldDiffer()
    {
        using var scope = NewDisposeScope();
        var input = full([1, 10, 1, 1], 300f);
        using var module = new ResponseNormalisation(Paper, 10, CPU);

        var dividedByN = nn.LocalResponseNorm(5, 1e-4, 0.75, 2).call(input);

        Assert.False(allclose(dividedByN, module.call(input), rtol: 0.5));
    }

    [Theory]
    [InlineData(32, 5, 5)]
    [InlineData(37, 5, 5)]
    [InlineData(8, 3, 5)]
    [InlineData(3, 5, 1)]
    [InlineData(1, 5, 4)]
    [InlineData(19, 9, 2)]
    [InlineData(48, 5, 40)]
    public void FusedNormalisation_OfAnyNumberOfMaps_EqualsTheBandedOne(int maps, int neighbours, int side)
    {
        var layer = Paper with { Maps = neighbours };
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var values = (rand(2, maps, side, side, generator: generator) - 0.5) * 800;
        var weights = rand(2, maps, side, side, generator: generator) - 0.5;
        var (mine, banded) = (values.clone().requires_grad_(true), values.clone().requires_grad_(true));
        using var module = new ResponseNormalisation(layer, maps, CPU);

        var (actual, expected) = (FusedResponseNormalisation.Of(layer, mine), module.Banded(banded));
        (actual * weights).sum().backward();
        (expected * weights).sum().backward();

        AssertClose(expected, actual, relative: 1e-6);
        AssertClose(banded.grad, mine.grad, relative: 1e-5);
    }

    [Fact]
    public void FusedNormalisation_OfAnyMemoryOrder_IsTheSame()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var wide = (rand(2, 40, 6, 12, generator: generator) * 400).requires_grad_(true);
        var everySecond = wide.slice(3, 0, 12, 2);
        var copy = everySecond.detach().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).requires_grad_(true);

        var (actual, expected) = (FusedResponseNormalisation.Of(Paper, everySecond), FusedResponseNormalisation.Of(Paper, copy));
        actual.sum().backward();
        expected.sum().backward();

        Assert.True(expected.equal(actual).all().item<bool>());
        Assert.NotNull(wide.grad);
        Assert.NotNull(copy.grad);
        Assert.True(copy.grad.equal(wide.grad.slice(3, 0, 12, 2)).all().item<bool>());
        Assert.Equal(0, wide.grad.slice(3, 1, 12, 2).abs().sum().item<float>());
    }

    [Fact]
    public void FusedNormalisation_InBfloat16_EqualsTheRoundedFloat32One()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var values = ((rand(2, 21, 5, 5, generator: generator) - 0.5) * 800).to(ScalarType.BFloat16);
        var (half, full) = (values.clone().requires_grad_(true), values.to(ScalarType.Float32).requires_grad_(true));

        var (actual, expected) = (FusedResponseNormalisation.Of(Paper, half), FusedResponseNormalisation.Of(Paper, full));
        actual.sum().backward();
        expected.sum().backward();

        Assert.Equal(ScalarType.BFloat16, actual.dtype);
        Assert.True(expected.to(ScalarType.BFloat16).equal(actual).all().item<bool>());
        Assert.NotNull(half.grad);
        Assert.NotNull(full.grad);
        Assert.True(full.grad.to(ScalarType.BFloat16).equal(half.grad).all().item<bool>());
    }

    [Fact]
    public void FusedNormalisation_WithoutGradient_KeepsNoGraph()
    {
        using var scope = NewDisposeScope();
        var input = rand(1, 16, 4, 4).requires_grad_(true);

        Assert.False(FusedResponseNormalisation.Of(Paper, input.detach()).requires_grad);
        using (no_grad())
        {
            Assert.False(FusedResponseNormalisation.Of(Paper, input).requires_grad);
        }

        Assert.True(FusedResponseNormalisation.Of(Paper, input).requires_grad);
    }

    [Fact]
    public void Normalisation_WithAnotherPower_EqualsTheLibrarys()
    {
        var layer = Paper with { Beta = 0.5 };
        using var scope = NewDisposeScope();
        var input = rand(2, 12, 3, 3) * 400;
        using var module = new ResponseNormalisation(layer, 12, CPU);

        AssertClose(MergedNetwork.Library(layer).call(input), module.call(input), relative: 1e-5);
    }

    /// <summary>The largest difference, relative to the largest value.</summary>
    private static void AssertClose(Tensor? expected, Tensor? actual, double relative)
    {
        Assert.NotNull(expected);
        Assert.NotNull(actual);
        Assert.Equal(expected.shape, actual.shape);
        var difference = ((actual - expected).abs().max() / expected.abs().max()).item<float>();
        Assert.True(difference <= relative, $"relative difference {difference:E2}");
    }
}
