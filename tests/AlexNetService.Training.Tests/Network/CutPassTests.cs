using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

[Collection("torch")]
public sealed class CutPassTests : IDisposable
{
    private readonly int threads = get_num_threads();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Columns_OfAProcess_RunInParallelIfItsThreadsDivideEvenly(int all, bool sideBySide)
    {
        set_num_threads(all);
        using var columns = new ColumnThreads(ColumnPlacement.OnCpu(2));
        var each = new int[2];
        columns.Run(2, column => each[column] = get_num_threads());

        Assert.Equal(sideBySide, columns.SideBySide);
        Assert.Equal(sideBySide ? [1, 1] : [all, all], each);
        Assert.Equal(all, get_num_threads());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradients_OfTheCutGraph_AreThoseOfOneGraph(int all)
    {
        set_num_threads(all);
        using var network = Network(Tables.Tiny(), ComputePrecision.Fp32);
        var cut = Gradients(network, seed: 5);

        var whole = GradientsOfOneGraph(network, seed: 5);

        AssertClose(whole, cut, relative: 1e-5);
    }

    [Fact]
    public void Gradients_OfAPreset_AreThoseOfOneGraph()
    {
        set_num_threads(2);
        using var network = Network(Tables.Preset(AlexNetLayers.Cifar, 10), ComputePrecision.Fp32);

        AssertClose(GradientsOfOneGraph(network, seed: 5), Gradients(network, seed: 5), relative: 1e-4);
    }

    [Fact]
    public void Gradients_OfOneColumn_AreThoseOfOneGraph()
    {
        using var network = Network(Tables.Tiny() with { Columns = 1 }, ComputePrecision.Fp32);

        AssertClose(GradientsOfOneGraph(network, seed: 5), Gradients(network, seed: 5), relative: 1e-5);
    }

    [Fact]
    public void Gradients_ComputedInParallelTwice_AreTheSameToTheLastBit()
    {
        set_num_threads(2);
        using var network = Network(Tables.Preset(AlexNetLayers.Cifar, 10), ComputePrecision.Fp32);

        Assert.Equal(Gradients(network, seed: 5), Gradients(network, seed: 5));
        Assert.NotEqual(Gradients(network, seed: 5), Gradients(network, seed: 6));
    }

    [Fact]
    public void Dropout_InParallelAndInTurn_DropsTheSame()
    {
        using var network = Network(Tables.Tiny(), ComputePrecision.Fp32);
        set_num_threads(1);
        var inTurn = Gradients(network, seed: 5);
        set_num_threads(2);

        AssertClose(inTurn, Gradients(network, seed: 5), relative: 1e-5);
    }

    [Fact]
    public void Gradients_InHalfPrecision_AreNearThoseInFloat32()
    {
        // Without rectifiers and pooling: with eight bits of precision a few of them switch, which changes more than rounding does.
        var smooth = Tables.Tiny() with
        {
            Layers =
            [
                .. Tables.Tiny().Layers.Where(layer => layer is not MaxPooling)
                    .Select(layer => layer is Rectifier ? new HyperbolicTangent(layer.Name) : layer),
            ],
        };
        using var full = Network(smooth, ComputePrecision.Fp32);
        using var half = Network(smooth, ComputePrecision.Bf16);

        foreach (var (expected, actual) in Gradients(full, seed: 5).Zip(Gradients(half, seed: 5)))
        {
            var difference = Length(expected.Zip(actual, (one, other) => one - other)) / Length(expected);
            Assert.True(difference <= 0.03, $"{difference:0.000} of the gradient");
        }
    }

    [Fact]
    public void Kernels_OfBothPrecisions_AreInChannelsLastMemory()
    {
        using var network = Network(Tables.Tiny(), ComputePrecision.Bf16);
        var kernels = network.Stages.SelectMany(stage => stage.Columns.Union(stage.Working)).SelectMany(module => module.parameters())
            .Where(weight => weight.dim() == 4).ToArray();

        Assert.NotEmpty(kernels);
        Assert.All(kernels, kernel => Assert.True(kernel.permute(0, 2, 3, 1).is_contiguous()));
    }

    public void Dispose() => set_num_threads(threads);

    private static ColumnNetwork Network(NetworkArchitecture architecture, ComputePrecision precision)
    {
        var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns), precision);
        ColumnWeights.Initialise(network, seed: 1);
        network.train();
        return network;
    }

    private static float[][] Gradients(ColumnNetwork network, long seed)
    {
        using var threads = new ColumnThreads(network.Placement);
        using var scope = threads.NewScope();
        var (crops, labels) = Batch(network.Architecture);
        network.SeedDropout(seed);
        var pass = new CutPass(network, threads);
        var logits = pass.Forward([.. network.Placement.Devices.Select(_ => crops)]);
        nn.functional.cross_entropy(logits, labels).backward();
        Assert.NotNull(logits.grad);
        pass.Backward(logits.grad);
        return Taken(ColumnWeights.Parameters(network, working: true));
    }

    private static float[][] GradientsOfOneGraph(ColumnNetwork network, long seed)
    {
        using var scope = NewDisposeScope();
        var (crops, labels) = Batch(network.Architecture);
        network.SeedDropout(seed);
        nn.functional.cross_entropy(network.call(crops), labels).backward();
        return Taken(ColumnWeights.Parameters(network));
    }

    private static (Tensor Crops, Tensor Labels) Batch(NetworkArchitecture architecture)
    {
        using var generator = new Generator(3);
        var side = architecture.Geometry.Crop;
        return ((rand(8, 3, side, side, generator: generator) * 255) - 120, arange(8, dtype: ScalarType.Int64) % architecture.Classes);
    }

    /// <summary>The gradient of each weight and bias; clears the gradients.</summary>
    private static float[][] Taken(IEnumerable<(string Name, IReadOnlyList<Tensor> Columns)> parameters) =>
    [
        .. parameters.SelectMany(entry => entry.Columns).Select(weight =>
        {
            Assert.NotNull(weight.grad);
            var values = weight.grad.to(ScalarType.Float32).contiguous().data<float>().ToArray();
            weight.grad = null;
            return values;
        }),
    ];

    private static double Length(IEnumerable<float> vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    private static void AssertClose(float[][] expected, float[][] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (one, other) in expected.Zip(actual))
        {
            var largest = one.Max(Math.Abs);
            Assert.True(largest > 0, "the gradient is zero, so the comparison proves nothing");
            var difference = one.Zip(other, (mine, theirs) => Math.Abs(mine - theirs)).Max();
            Assert.True(difference <= relative * largest, $"{difference:E2} of {largest:E2}");
        }
    }
}
