using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// The paper's update (Krizhevsky 2012 §5): v ← momentum·v − decay·ε·w − ε·∂L/∂w, w ← w + v. Unlike in TorchSharp's SGD, the velocity
/// contains the rate, so a drop of the rate does not shrink earlier updates that momentum repeats. For centred weights the mean of each
/// unit's gradient is subtracted first (Yong et al. 2020, gradient centralization), which keeps the sum of a unit's weights at zero.
/// </summary>
internal sealed class MomentumSgd : IDisposable
{
    private readonly List<(string Name, IReadOnlyList<Tensor> Velocities)> parameters = [];
    private readonly List<Piece> pieces = [];
    private readonly bool isFused;

    /// <summary>
    /// Starts with velocities of zero. Centred weights are those of <see cref="ColumnWeights.Hidden"/>. The rate of a layer is the depth
    /// rate times the rate of the layer after it. On the CPU <see cref="FusedUpdates"/> or TorchSharp operations update the weights. The
    /// caller disposes the network.
    /// </summary>
    public MomentumSgd(ColumnNetwork network, bool centred = false, bool isFused = true, double depthRate = 1)
    {
        this.isFused = isFused;
        var hidden = ColumnWeights.Hidden(network.Architecture);
        var layers = network.Architecture.Layers.OfType<WeightedLayer>().Select(layer => layer.Name).Reverse().ToList();
        foreach (var ((name, weights), (_, working)) in ColumnWeights.Parameters(network)
            .Zip(ColumnWeights.Parameters(network, working: true)))
        {
            Tensor[] velocities = [.. weights.Select(weight => zeros_like(weight).DetachFromDisposeScope())];
            parameters.Add((name, velocities));
            var share = Math.Pow(depthRate, layers.IndexOf(name[..name.IndexOf('.')]));
            pieces.AddRange(velocities.Select((velocity, column) =>
                new Piece(weights[column], working[column], velocity, centred && hidden.Contains(name), share)));
        }
    }

    public IReadOnlyDictionary<string, WeightTensor> Velocities
    {
        get => parameters.ToDictionary(entry => entry.Name, entry => ColumnWeights.Gather(entry.Velocities), StringComparer.Ordinal);
        set => parameters.ForEach(entry => ColumnWeights.Scatter(value[entry.Name], entry.Velocities));
    }

    /// <summary>
    /// Updates the weights and clears their gradients. The rate is that of the classifier's weights; biases have a multiple of it.
    /// </summary>
    public void Step(double rate, double momentum, double decay, double biasRate = 1, bool biasDecay = true)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var fused = new FusedUpdates((float)momentum);
        foreach (var (weight, working, velocity, isCentred, share) in pieces)
        {
            var gradient = working.grad ?? throw new InvalidOperationException("A weight has no gradient: the loss does not depend on it.");
            var isBias = weight.dim() == 1;
            var (ownRate, ownDecay) = isBias ? (rate * share * biasRate, biasDecay ? decay : 0) : (rate * share, decay);
            if (isFused && weight.device_type == DeviceType.CPU)
            {
                fused.Add(weight, working, velocity, gradient, (float)ownRate, (float)(ownDecay * ownRate), isCentred);
            }
            else
            {
                var along = isCentred ? ColumnWeights.LessMean(gradient) : gradient;
                Step(weight, velocity, along, ownRate, momentum, ownDecay);
                if (!ReferenceEquals(weight, working))
                {
                    working.copy_(weight);
                }
            }
        }

        fused.Run();

        // Null instead of zeros, which the next backward pass would have to read and add to.
        pieces.ForEach(piece => piece.Working.grad = null);
    }

    public void Dispose()
    {
        foreach (var velocity in parameters.SelectMany(entry => entry.Velocities))
        {
            velocity.Dispose();
        }
    }

    /// <summary>The update in TorchSharp operations, for any device.</summary>
    private static void Step(Tensor weight, Tensor velocity, Tensor along, double rate, double momentum, double decay)
    {
        // Variables keep the Scalars alive: an unreferenced one may be collected while libtorch still reads it.
        using var repeated = momentum.ToScalar();
        using var takenOff = (-decay * rate).ToScalar();
        using var step = (-rate).ToScalar();
        using var one = 1.ToScalar();
        velocity.mul_(repeated).add_(weight, takenOff).add_(along, step);
        weight.add_(velocity, one);
    }

    /// <summary>
    /// One column's piece of a weight, float32. The working weight, which the step used and which holds the gradient, is the weight itself
    /// or its bfloat16 copy. The share is the rate of the layer as a multiple of ε.
    /// </summary>
    private sealed record Piece(Tensor Weight, Tensor Working, Tensor Velocity, bool IsCentred, double Share);
}
