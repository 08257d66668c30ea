using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>One training step (Krizhevsky 2012 §5): the gradient of a batch's log-likelihood and one update.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly ColumnNetwork network;
    private readonly TrainingRecipe recipe;
    private readonly MomentumSgd sgd;
    private readonly ColumnThreads threads;
    private readonly Tensor? classWeights;

    /// <summary>Starts with velocities of zero.</summary>
    /// <param name="network">The network; the caller disposes it.</param>
    /// <param name="recipe">Momentum, decay, the rates of biases and of layers, and centred weights.</param>
    /// <param name="classWeights">Weight of each class in the loss, or null where all weigh the same.</param>
    public TrainingStep(ColumnNetwork network, TrainingRecipe recipe, float[]? classWeights = null)
    {
        (this.network, this.recipe) = (network, recipe);
        this.classWeights = classWeights is null ? null : tensor(classWeights).to(network.Placement.Devices[0]).DetachFromDisposeScope();
        sgd = new MomentumSgd(network, recipe.CentredWeights, depthRate: recipe.DepthRate);
        threads = new ColumnThreads(network.Placement);
    }

    public IReadOnlyDictionary<string, WeightTensor> Velocities
    {
        get => sgd.Velocities;
        set => sgd.Velocities = value;
    }

    /// <summary>Trains on a batch. The host queues the work of all devices and reads nothing.</summary>
    /// <param name="crops">[N,3,crop,crop] float32 for each column, on its device.</param>
    /// <param name="labels">[N] class indices, on the host.</param>
    /// <param name="rate">ε.</param>
    /// <param name="seed">Seed of the dropout and of cutmix.</param>
    /// <returns>
    /// [3] float32 on the first column's device, of the batch before the update: the loss in nats per crop, and the numbers of crops whose
    /// label is the first prediction and among the first five.
    /// </returns>
    public Tensor Run(IReadOnlyList<Tensor> crops, Tensor labels, double rate, long seed)
    {
        using var scope = threads.NewScope();
        network.SeedDropout(seed);
        var copied = CutMix.Draw(recipe.CutMix, (int)crops[0].shape[2], seed)?.Mix(crops);
        var pass = new CutPass(network, threads);
        var logits = pass.Forward(crops);
        var right = HostTensors.Send(labels, logits.device);
        var loss = Loss(logits, right);
        if (copied is > 0 and var share)
        {
            // Variables keep the Scalars alive.
            using var next = share.ToScalar();
            using var own = (1 - share).ToScalar();
            loss = loss.mul(own).add(Loss(logits, CutMix.Next(right)), next);
        }

        loss.backward();
        pass.Backward(logits.grad ?? throw new InvalidOperationException("The loss does not depend on the logits."));
        sgd.Step(rate, recipe.Momentum, recipe.WeightDecay, recipe.BiasRate, recipe.BiasDecay);
        return cat([loss.detach().unsqueeze(0), ErrorRates.CountRight(logits, right)]).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        threads.Dispose();
        sgd.Dispose();
        classWeights?.Dispose();
    }

    private Tensor Loss(Tensor logits, Tensor labels) => nn.functional.cross_entropy(logits, labels, classWeights);
}
