using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

public class MomentumSgdTests
{
    [Fact]
    public void Steps_WithAFallingRate_EqualThePapersUpdate()
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        using var sgd = new MomentumSgd(network);
        var parameter = network.parameters().First();
        var weight = (double)parameter.flatten()[0].item<float>();
        var velocity = 0.0;
        using var generator = new Generator(4);
        foreach (var rate in (double[])[0.1, 0.1, 0.01])
        {
            network.zero_grad();
            var input = rand(4, 3, 16, 16, generator: generator) * 100;
            network.call(input).sum().backward();
            var gradient = (double)(parameter.grad?.flatten()[0].item<float>() ?? 0);

            sgd.Step(rate, momentum: 0.9, decay: 0.0005);

            velocity = (0.9 * velocity) - (0.0005 * rate * weight) - (rate * gradient);
            weight += velocity;
            Assert.Equal(weight, parameter.flatten()[0].item<float>(), 1e-5 * (1 + Math.Abs(weight)));
        }
    }

    [Theory]
    [InlineData(true, ComputePrecision.Fp32, 1, true, false)]
    [InlineData(true, ComputePrecision.Fp32, 2, false, false)]
    [InlineData(true, ComputePrecision.Fp32, 1, true, true)]
    [InlineData(true, ComputePrecision.Bf16, 2, true, false)]
    [InlineData(true, ComputePrecision.Bf16, 1, true, true)]
    [InlineData(false, ComputePrecision.Fp32, 2, false, true)]
    [InlineData(false, ComputePrecision.Bf16, 1, true, false)]
    public void Step_FusedOrWithLibraryOperations_EqualsThePapersUpdate(
        bool isFused, ComputePrecision precision, double biasRate, bool biasDecay, bool centred)
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2), precision);
        ColumnWeights.Initialise(network, seed: 1);
        using var sgd = new MomentumSgd(network, centred, isFused);
        using var generator = new Generator(4);
        bool[] held =
        [
            .. ColumnWeights.Parameters(network)
                .SelectMany(entry => entry.Columns.Select(_ => centred && IsOfMaps(entry.Name))),
        ];
        var working = ColumnWeights.Parameters(network, working: true).SelectMany(entry => entry.Columns).ToArray();
        var weights = ColumnWeights.Parameters(network).SelectMany(entry => entry.Columns).ToArray();
        var expected = weights.Select(weight => weight.detach().clone()).ToArray();
        var velocities = weights.Select(weight => zeros(weight.shape)).ToArray();
        for (var step = 0; step < 3; step++)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                // The gradient is row-major, while kernels are channels-last.
                working[i].grad = randn(weights[i].shape, generator: generator).to(working[i].dtype);
                var gradient = working[i].grad?.to(ScalarType.Float32) ?? zeros(weights[i].shape);
                if (held[i])
                {
                    long[] perUnit = [-1, .. Enumerable.Repeat(1L, (int)gradient.dim() - 1)];
                    gradient -= gradient.flatten(1).mean([1]).view(perUnit);
                }

                var isBias = weights[i].dim() == 1;
                var rate = isBias ? 0.1 * biasRate : 0.1;
                var decay = isBias && !biasDecay ? 0 : 0.01;
                velocities[i] = (velocities[i] * 0.9) - (expected[i] * (decay * rate)) - (gradient * rate);
                expected[i] += velocities[i];
            }

            sgd.Step(0.1, momentum: 0.9, decay: 0.01, biasRate, biasDecay);
        }

        for (var i = 0; i < weights.Length; i++)
        {
            Assert.True(allclose(expected[i], weights[i], rtol: 1e-5, atol: 1e-6), $"weight {i}");
            Assert.True(weights[i].to(working[i].dtype).equal(working[i]).all().item<bool>());
            Assert.Null(working[i].grad);
        }
    }

    [Fact]
    public void Steps_WithCentredWeights_KeepTheSumOfEachUnitAtZero()
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1, centred: true);
        using var sgd = new MomentumSgd(network, centred: true);
        using var generator = new Generator(4);
        var before = Sums(network);
        for (var step = 0; step < 5; step++)
        {
            network.call(rand(4, 3, 16, 16, generator: generator) * 100).square().mean().backward();
            sgd.Step(0.01, momentum: 0.9, decay: 0.01);
        }

        Assert.All(before.Concat(Sums(network)), weight => Assert.Equal(IsOfMaps(weight.Name), weight.LargestSum < 1e-5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Step_WithADepthRate_MovesEachLayerLessThanTheNext(bool isFused)
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        using var sgd = new MomentumSgd(network, isFused: isFused, depthRate: 0.5);
        var parameters = ColumnWeights.Parameters(network).ToArray();
        var before = parameters.Select(entry => entry.Columns[0].detach().clone()).ToArray();
        foreach (var weight in parameters.SelectMany(entry => entry.Columns))
        {
            weight.grad = ones(weight.shape);
        }

        sgd.Step(0.8, momentum: 0.9, decay: 0);

        var moved = parameters.Select((entry, i) => (entry.Name, Moved: (before[i] - entry.Columns[0]).mean().item<float>()));
        Assert.All(moved, entry => Assert.Equal(
            entry.Name[..entry.Name.IndexOf('.')] switch { "fc5" => 0.8, "fc4" => 0.4, "conv3" => 0.2, "conv2" => 0.1, _ => 0.05 },
            entry.Moved,
            1e-6));
    }

    /// <summary>Whether a name is that of weights in a hidden layer that reads maps or units.</summary>
    private static bool IsOfMaps(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal) && name is not ("conv1.weight" or "fc5.weight");

    private static (string Name, float LargestSum)[] Sums(ColumnNetwork network) =>
    [
        .. ColumnWeights.Parameters(network).Where(entry => entry.Name.EndsWith(".weight", StringComparison.Ordinal))
            .Select(entry => (entry.Name, entry.Columns.Max(column => column.flatten(1).sum(1).abs().max().item<float>()))),
    ];
}
