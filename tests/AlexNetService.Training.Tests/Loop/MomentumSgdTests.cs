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
}
