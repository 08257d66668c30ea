using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

public class MomentumSgdTests
{
    [Fact]
    public void Steps_WithAFallingRate_AreThePapersUpdate()
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
    [InlineData(ComputePrecision.Fp32, 1, true)]
    [InlineData(ComputePrecision.Fp32, 2, false)]
    [InlineData(ComputePrecision.Bf16, 2, true)]
    public void Step_OfAllWeights_IsTheSameInOperationsOfTheLibrary(ComputePrecision precision, double biasRate, bool biasDecay)
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2), precision);
        ColumnWeights.Initialise(network, seed: 1);
        using var sgd = new MomentumSgd(network);
        using var generator = new Generator(4);
        var working = ColumnWeights.WorkingParameters(network).SelectMany(entry => entry.Columns).ToArray();
        var weights = ColumnWeights.Parameters(network).SelectMany(entry => entry.Columns).ToArray();
        var expected = weights.Select(weight => weight.detach().clone()).ToArray();
        var velocities = weights.Select(weight => zeros(weight.shape)).ToArray();
        for (var step = 0; step < 3; step++)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                // Row-major, where kernels are channels-last.
                working[i].grad = randn(weights[i].shape, generator: generator).to(working[i].dtype);
                var gradient = working[i].grad?.to(ScalarType.Float32) ?? zeros(weights[i].shape);
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
}
