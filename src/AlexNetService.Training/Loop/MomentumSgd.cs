using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// The paper's update (Krizhevsky 2012 §5): v ← momentum·v − decay·ε·w − ε·∂L/∂w, w ← w + v. The rate is inside the velocity, unlike
/// in the library's SGD, so that a drop of the rate does not shrink steps that were already under way.
/// </summary>
internal sealed class MomentumSgd : IDisposable
{
    private readonly List<(string Name, IReadOnlyList<Tensor> Weights, IReadOnlyList<Tensor> Velocities)> parameters = [];

    public MomentumSgd(ColumnNetwork network)
    {
        foreach (var (name, weights) in ColumnWeights.Parameters(network))
        {
            parameters.Add((name, weights, [.. weights.Select(weight => zeros_like(weight).DetachFromDisposeScope())]));
        }
    }

    /// <summary>Velocities in merged form, by the name of their weight.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Velocities
    {
        get => parameters.ToDictionary(entry => entry.Name, entry => ColumnWeights.Gather(entry.Velocities), StringComparer.Ordinal);
        set => parameters.ForEach(entry => ColumnWeights.Scatter(value[entry.Name], entry.Velocities));
    }

    /// <summary>Moves the weights along their gradients and forgets the gradients.</summary>
    public void Step(double rate, double momentum, double decay)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (weight, velocity) in parameters.SelectMany(entry => entry.Weights.Zip(entry.Velocities)))
        {
            if (weight.grad is not { } gradient)
            {
                throw new InvalidOperationException("A weight has no gradient: the loss does not depend on it.");
            }

            velocity.mul_(momentum).add_(weight, alpha: -decay * rate).add_(gradient, alpha: -rate);
            weight.add_(velocity);
            weight.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var velocity in parameters.SelectMany(entry => entry.Velocities))
        {
            velocity.Dispose();
        }
    }
}
