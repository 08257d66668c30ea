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
    private readonly GradientSums? sums;

    /// <summary>Starts with velocities of zero.</summary>
    /// <param name="network">The network; the caller disposes it.</param>
    /// <param name="recipe">Momentum, decay, the rates of biases and of layers, and centred weights.</param>
    /// <param name="classWeights">Weight of each class in the loss, or null where all weigh the same.</param>
    /// <param name="ranks">The processes that share each batch, or null for this one alone; disposed by the caller.</param>
    /// <param name="overlaps">Whether gradients are summed while the backward pass goes on; if not, after it.</param>
    public TrainingStep(
        ColumnNetwork network, TrainingRecipe recipe, float[]? classWeights = null, Ranks? ranks = null, bool overlaps = true)
    {
        (this.network, this.recipe) = (network, recipe);
        this.classWeights = classWeights is null ? null : tensor(classWeights).to(network.Placement.Devices[0]).DetachFromDisposeScope();
        sgd = new MomentumSgd(network, recipe.CentredWeights, depthRate: recipe.DepthRate);
        threads = new ColumnThreads(network.Placement);
        sums = ranks is null or { IsAlone: true }
            ? null
            : new GradientSums(network, ranks, recipe.GradientPrecision ?? recipe.Precision, overlaps);
    }

    public IReadOnlyDictionary<string, WeightTensor> Velocities
    {
        get => sgd.Velocities;
        set => sgd.Velocities = value;
    }

    /// <summary>Trains on a batch. The host queues the work of all devices and reads nothing.</summary>
    /// <param name="crops">[N,3,crop,crop] float32 for each column, on its device; with cutmix, of a part of a batch one more.</param>
    /// <param name="labels">[N] class indices, on the host; one more as above.</param>
    /// <param name="rate">ε.</param>
    /// <param name="seed">Seed of the dropout and of cutmix.</param>
    /// <param name="part">The rows that the crops are of their batch, or null for all.</param>
    /// <param name="weight">
    /// If the crops are a part of a batch, the sum of the class weights over the whole batch; its size without class weights.
    /// </param>
    /// <returns>
    /// [3] float32, on the first column's device or, of several ranks, on the host, of the batch before the update: the loss in nats per
    /// crop, and the numbers of crops whose label is the first prediction and among the first five.
    /// </returns>
    public Tensor Run(
        IReadOnlyList<Tensor> crops, Tensor labels, double rate, long seed, BatchRows? part = null, double weight = 1)
    {
        using var scope = threads.NewScope();
        var rows = part ?? BatchRows.All((int)labels.shape[0]);
        network.SeedDropout(seed, rows);
        var copied = CutMix.Draw(recipe.CutMix, (int)crops[0].shape[2], seed)?.Mix(crops, rows.Count);
        var pass = new CutPass(network, threads, sums is null ? null : sums.Add);
        var logits = pass.Forward(crops[0].shape[0] == rows.Count ? crops : [.. crops.Select(crop => crop.narrow(0, 0, rows.Count))]);
        var sent = HostTensors.Send(labels, logits.device);
        var right = sent.narrow(0, 0, rows.Count);
        using var ofBatch = (rows.IsSpare ? 0 : 1 / weight).ToScalar();
        Tensor Loss(Tensor labelled) => rows.AreAll
            ? nn.functional.cross_entropy(logits, labelled, classWeights)
            : nn.functional.cross_entropy(logits, labelled, classWeights, reduction: nn.Reduction.Sum).mul(ofBatch);
        var loss = Loss(right);
        if (copied is > 0 and var area)
        {
            // Variables keep the Scalars alive.
            using var next = area.ToScalar();
            using var own = (1 - area).ToScalar();
            loss = loss.mul(own).add(Loss(CutMix.Next(sent, rows.Count)), next);
        }

        loss.backward();
        pass.Backward(logits.grad ?? throw new InvalidOperationException("The loss does not depend on the logits."));
        using var counted = (rows.IsSpare ? 0 : 1).ToScalar();
        var numbers = cat([loss.detach().unsqueeze(0), ErrorRates.CountRight(logits, right).mul(counted)]);
        if (sums is not null)
        {
            numbers = sums.Of(numbers);
            sums.Complete();
        }

        sgd.Step(rate, recipe.Momentum, recipe.WeightDecay, recipe.BiasRate, recipe.BiasDecay);
        return numbers.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        threads.Dispose();
        sgd.Dispose();
        sums?.Dispose();
        classWeights?.Dispose();
    }
}
