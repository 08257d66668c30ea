using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Learning (Krizhevsky 2012 §5): for each epoch, for each batch of freshly drawn crops, the gradient of the log-likelihood and one
/// update; then the error on the held-out photographs, and a checkpoint.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly Canvases training;
    private readonly Canvases validation;
    private readonly string run;
    private readonly TimeProvider clock;
    private readonly IProgress<StepReport>? progress;
    private readonly ColumnNetwork network;
    private readonly TrainingStep step;
    private readonly BatchFeed feed;
    private readonly Augmentation augmentation;
    private TrainingState state;

    /// <summary>A run from its beginning.</summary>
    /// <param name="state">The state, no epochs behind it.</param>
    /// <param name="data">What to learn from.</param>
    /// <param name="placement">Devices of the columns.</param>
    /// <param name="run">The run's folder.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Told about each step, on the training thread.</param>
    public Trainer(
        TrainingState state, TrainingData data, ColumnPlacement placement, string run, TimeProvider clock, IProgress<StepReport>? progress = null)
    {
        (this.state, this.run, this.clock, this.progress) = (state, run, clock, progress);
        (training, validation) = data;
        network = new ColumnNetwork(state.Architecture, placement, state.Recipe.Precision);
        ColumnWeights.Initialise(network, state.Seed);
        step = new TrainingStep(network, state.Recipe);
        feed = new BatchFeed(state.Recipe.BatchSize, state.Architecture.Geometry.Crop);
        augmentation = new Augmentation(state.Architecture.Geometry, state.Colours, state.Recipe.ColourShift, state.Recipe.RandomCrops);
    }

    /// <summary>A run that goes on from a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="data">What to learn from; the same data set as before.</param>
    /// <param name="placement">Devices of the columns.</param>
    /// <param name="run">The run's folder.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Told about each step, on the training thread.</param>
    public Trainer(
        Checkpoint checkpoint, TrainingData data, ColumnPlacement placement, string run, TimeProvider clock, IProgress<StepReport>? progress = null)
        : this(checkpoint.State, data, placement, run, clock, progress)
    {
        ColumnWeights.Load(network, checkpoint.Weights);
        step.Velocities = checkpoint.Velocities;
    }

    /// <summary>The state after the last finished epoch.</summary>
    public TrainingState State => state;

    /// <summary>Runs the epochs that are left, writing a checkpoint after each.</summary>
    /// <param name="epochDone">Told about each finished epoch, its checkpoint written.</param>
    /// <param name="cancellation">Stops after the step under way; the checkpoint of the last finished epoch stays.</param>
    /// <exception cref="DivergedException">The loss or a weight is no longer a number; nothing was written for this epoch.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written; earlier ones are untouched.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public void Run(Action<EpochResult>? epochDone, CancellationToken cancellation)
    {
        while (state.Epochs.Count < state.Recipe.Epochs)
        {
            var result = Epoch(state.Epochs.Count, cancellation);
            var weights = ColumnWeights.Merge(network);
            if (!weights.AreFinite)
            {
                throw Diverged(result.Epoch, training.Photographs.Count / state.Recipe.BatchSize, result.LearningRate);
            }

            state = state with { Epochs = [.. state.Epochs, result] };
            new Checkpoint(state, weights, step.Velocities).Save(run);
            TorchRuntime.Trim();
            epochDone?.Invoke(result);
        }
    }

    /// <summary>The merged weights as they are now.</summary>
    public NamedWeights Weights() => ColumnWeights.Merge(network);

    /// <inheritdoc/>
    public void Dispose()
    {
        feed.Dispose();
        step.Dispose();
        network.Dispose();
    }

    private EpochResult Epoch(int epoch, CancellationToken cancellation)
    {
        var from = clock.GetTimestamp();
        var photographs = training.Photographs;
        var rate = LearningRates.At(state.Recipe, epoch, [.. state.Epochs.Select(past => past.ValidationTop1Error ?? 1)]);
        var order = Seeds.Order(state.Seed, epoch, photographs.Count);
        int Draw(int use, Span<float> crop)
        {
            augmentation.Draw(training[order[use]].Span, Seeds.OfUse(state.Seed, epoch, order[use]), crop);
            return photographs[order[use]].Label;
        }

        network.train();
        var (loss, errors, seen) = (0.0, new ErrorRates(), 0);
        foreach (var batch in feed.Run(order.Length, Draw))
        {
            cancellation.ThrowIfCancellationRequested();
            var stepLoss = Step(batch, epoch, seen / state.Recipe.BatchSize, rate, errors);
            if (!double.IsFinite(stepLoss))
            {
                throw Diverged(epoch + 1, seen / state.Recipe.BatchSize, rate);
            }

            seen += batch.Count;
            loss += stepLoss * batch.Count;
            progress?.Report(
                new StepReport(epoch + 1, seen, order.Length, rate, loss / seen, errors.Top1, clock.GetElapsedTime(from), feed.Waited));
        }

        var heldOut = validation.Photographs.Count > 0
            ? Validation.CentreCrop(network, validation, augmentation, feed, cancellation)
            : null;
        var seconds = clock.GetElapsedTime(from).TotalSeconds;
        return new EpochResult(epoch + 1, rate, loss / seen, errors.Top1, heldOut?.Top1, heldOut?.Top5, seconds, clock.GetUtcNow());
    }

    private DivergedException Diverged(int epoch, int step, double rate) =>
        new(epoch, step, rate, Checkpoint.Files(run) is [var newest, ..] ? newest : null);

    /// <summary>One update from one batch.</summary>
    /// <returns>The batch's loss before the update, in nats a crop.</returns>
    private float Step(Batch batch, int epoch, int number, double rate, ErrorRates errors)
    {
        using var scope = NewDisposeScope();
        return step.Run(batch.Crops(), batch.Labels(), rate, Seeds.OfStep(state.Seed, epoch, number), errors);
    }
}

/// <summary>Where a run stands.</summary>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Seen">Photographs of the epoch that were learned from.</param>
/// <param name="Images">Photographs of an epoch.</param>
/// <param name="LearningRate">The rate.</param>
/// <param name="Loss">Mean loss of the epoch so far, in nats.</param>
/// <param name="Top1Error">Top-1 error of the epoch so far, 0 to 1.</param>
/// <param name="Elapsed">Time since the epoch began.</param>
/// <param name="Waited">Time the steps waited for data since the run began.</param>
public sealed record StepReport(
    int Epoch, int Seen, int Images, double LearningRate, double Loss, double Top1Error, TimeSpan Elapsed, TimeSpan Waited);

/// <summary>Training whose loss is no longer a number.</summary>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step in it, from 0.</param>
/// <param name="rate">The learning rate.</param>
/// <param name="checkpoint">The last good checkpoint, if there is one.</param>
public sealed class DivergedException(int epoch, int step, double rate, string? checkpoint) : Exception(
    $"The loss or a weight is not a number at step {step} of epoch {epoch} with a learning rate of {rate}. Try a smaller --learning-rate. "
    + (checkpoint is null ? "There is no checkpoint yet." : $"The last good checkpoint is '{checkpoint}'."));
