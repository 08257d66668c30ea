using System.Runtime.InteropServices;
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
    private readonly CheckpointKeeper keeper;
    private readonly TimeProvider clock;
    private readonly IProgress<StepReport>? progress;
    private readonly ColumnNetwork network;
    private readonly TrainingStep step;
    private readonly BatchFeed feed;
    private readonly Augmentation augmentation;

    /// <summary>A run from its beginning.</summary>
    /// <param name="state">The state, no epochs behind it.</param>
    /// <param name="data">What to learn from.</param>
    /// <param name="placement">Devices of the columns.</param>
    /// <param name="keeper">Keeps the run.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Told about each step, on the training thread.</param>
    /// <param name="initial">Weights to begin with, or null for drawn ones.</param>
    public Trainer(
        TrainingState state,
        TrainingData data,
        ColumnPlacement placement,
        CheckpointKeeper keeper,
        TimeProvider clock,
        IProgress<StepReport>? progress = null,
        NamedWeights? initial = null)
        : this(data, state, placement, keeper, clock, progress)
    {
        if (initial is null)
        {
            ColumnWeights.Initialise(network, state.Seed, state.Recipe.CentredWeights);
        }
        else
        {
            ColumnWeights.Load(network, initial);
        }
    }

    /// <summary>A run that goes on from a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="data">What to learn from; the same data set as before.</param>
    /// <param name="placement">Devices of the columns.</param>
    /// <param name="keeper">Keeps the run.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Told about each step, on the training thread.</param>
    public Trainer(
        Checkpoint checkpoint, TrainingData data, ColumnPlacement placement, CheckpointKeeper keeper, TimeProvider clock, IProgress<StepReport>? progress = null)
        : this(data, checkpoint.State, placement, keeper, clock, progress)
    {
        ColumnWeights.Load(network, checkpoint.Weights);
        step.Velocities = checkpoint.Velocities;
    }

    private Trainer(
        TrainingData data, TrainingState state, ColumnPlacement placement, CheckpointKeeper keeper, TimeProvider clock, IProgress<StepReport>? progress)
    {
        (State, this.keeper, this.clock, this.progress) = (state, keeper, clock, progress);
        (training, validation) = data;
        network = new ColumnNetwork(state.Architecture, placement, state.Recipe.Precision);
        step = new TrainingStep(network, state.Recipe);
        feed = new BatchFeed(state.Recipe.BatchSize, state.Architecture.Geometry.Crop);
        augmentation = new Augmentation(state.Architecture.Geometry, state.Colours, state.Recipe.ColourShift, state.Recipe.RandomCrops, state.Recipe.ScaleJitter);
    }

    /// <summary>The state as it was kept last, or as the run began.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Runs the epochs that are left, writing a checkpoint after each and where the keeper asks for one.</summary>
    /// <param name="epochDone">Told about each finished epoch, its checkpoint written.</param>
    /// <param name="cancellation">Stops after the step under way and keeps what was learned so far.</param>
    /// <exception cref="FailedStepException">libtorch failed in a step; nothing was written of that.</exception>
    /// <exception cref="DivergedException">The loss or a weight is no longer a number; nothing was written of that.</exception>
    /// <exception cref="DataSetException">A photograph could not be read; what was learned so far is kept.</exception>
    /// <exception cref="CheckpointException">A checkpoint cannot be written; earlier ones are untouched.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public void Run(Action<EpochResult>? epochDone, CancellationToken cancellation)
    {
        while (State.Epochs.Count < State.Recipe.Epochs)
        {
            cancellation.ThrowIfCancellationRequested();
            var tally = new EpochTally(State.UnderWay, clock);
            EpochResult result;
            try
            {
                Learn(tally, cancellation);
                result = Judge(tally, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or DataSetException && tally.Steps > (State.UnderWay?.Steps ?? 0))
            {
                Keep(State with { UnderWay = tally.UnderWay() }, tally);
                throw;
            }

            Keep(State with { Epochs = [.. State.Epochs, result], UnderWay = null }, tally);
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

    /// <summary>The steps of an epoch that are left.</summary>
    private void Learn(EpochTally tally, CancellationToken cancellation)
    {
        var (epoch, photographs) = (State.Epochs.Count, training.Photographs);
        var order = Seeds.Order(State.Seed, epoch, photographs.Count)[tally.Errors.Images..];
        int Draw(int use, Span<float> crop)
        {
            augmentation.Draw(training[order[use]].Span, Seeds.OfUse(State.Seed, epoch, order[use]), crop);
            return photographs[order[use]].Label;
        }

        network.train();
        foreach (var batch in feed.Run(order.Length, Draw))
        {
            var rate = RateAt(tally.Steps);
            var loss = Step(batch, epoch, tally.Steps, rate, tally.Errors);
            if (!float.IsFinite(loss))
            {
                throw Diverged(tally);
            }

            tally.Add(loss, batch.Count);
            progress?.Report(new StepReport(
                epoch + 1, tally.Errors.Images, photographs.Count, rate, tally.Loss, tally.Errors.Top1, tally.Errors.Top5, tally.Elapsed, feed.Waited));
            cancellation.ThrowIfCancellationRequested();
            if (keeper.IsDue)
            {
                Keep(State with { UnderWay = tally.UnderWay() }, tally);
            }
        }
    }

    /// <summary>One update from one batch.</summary>
    /// <returns>The batch's loss before the update, in nats a crop.</returns>
    private float Step(Batch batch, int epoch, int number, double rate, ErrorRates errors)
    {
        using var scope = NewDisposeScope();
        try
        {
            return step.Run(batch.Crops(), batch.Labels(), rate, Seeds.OfStep(State.Seed, epoch, number), errors);
        }
        catch (ExternalException e)
        {
            throw new FailedStepException(epoch + 1, number, keeper.Newest, e);
        }
    }

    /// <summary>The error on the held-out photographs, centre crop.</summary>
    private EpochResult Judge(EpochTally tally, CancellationToken cancellation)
    {
        var heldOut = validation.Photographs.Count > 0
            ? Validation.CentreCrop(network, validation, augmentation, feed, cancellation)
            : null;
        return new EpochResult(
            State.Epochs.Count + 1, RateAt(tally.Steps - 1), tally.Loss, tally.Errors.Top1, heldOut?.Top1, heldOut?.Top5, tally.Elapsed.TotalSeconds, clock.GetUtcNow());
    }

    /// <summary>Writes a checkpoint, unless a weight is no longer a number.</summary>
    private void Keep(TrainingState state, EpochTally tally)
    {
        var weights = ColumnWeights.Merge(network);
        if (!weights.AreFinite)
        {
            throw Diverged(tally);
        }

        keeper.Save(new Checkpoint(state, weights, step.Velocities));
        State = state;
    }

    /// <summary>The rate of a step of the epoch under way, from 0.</summary>
    private double RateAt(int step) => LearningRates.At(
        State.Recipe,
        State.Epochs.Count,
        (double)step * State.Recipe.BatchSize / training.Photographs.Count,
        [.. State.Epochs.Select(past => past.ValidationTop1Error ?? 1)]);

    private DivergedException Diverged(EpochTally tally) => new(State.Epochs.Count + 1, tally.Steps, RateAt(tally.Steps), keeper.Newest);
}

/// <summary>Where a run stands.</summary>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Seen">Photographs of the epoch that were learned from.</param>
/// <param name="Images">Photographs of an epoch.</param>
/// <param name="LearningRate">The rate.</param>
/// <param name="Loss">Mean loss of the epoch so far, in nats.</param>
/// <param name="Top1Error">Top-1 error of the epoch so far, 0 to 1.</param>
/// <param name="Top5Error">Top-5 error of the epoch so far, 0 to 1.</param>
/// <param name="Elapsed">Time since the epoch began.</param>
/// <param name="Waited">Time the steps waited for data since the run began.</param>
public sealed record StepReport(
    int Epoch, int Seen, int Images, double LearningRate, double Loss, double Top1Error, double Top5Error, TimeSpan Elapsed, TimeSpan Waited)
{
    /// <summary>Photographs learned from in a second, over the epoch so far.</summary>
    public double ImagesPerSecond => Seen / Elapsed.TotalSeconds;

    /// <summary>Time that the rest of the run takes at this speed.</summary>
    /// <param name="epochs">Epochs of the run.</param>
    public TimeSpan Left(int epochs) => TimeSpan.FromSeconds((Images - Seen + ((double)(epochs - Epoch) * Images)) / ImagesPerSecond);
}

/// <summary>Training whose loss is no longer a number.</summary>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step in it, from 0; after the last step, their number.</param>
/// <param name="rate">The learning rate.</param>
/// <param name="checkpoint">The last good checkpoint, if there is one.</param>
public sealed class DivergedException(int epoch, int step, double rate, string? checkpoint) : Exception(
    $"The loss or a weight is not a number at step {step} of epoch {epoch} with a learning rate of {rate}. Try a smaller --learning-rate. "
    + (checkpoint is null ? "There is no checkpoint yet." : $"The last good checkpoint is '{checkpoint}'."));

/// <summary>A step in which libtorch failed: the weights may be half updated.</summary>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step in it, from 0.</param>
/// <param name="checkpoint">The last good checkpoint, if there is one.</param>
/// <param name="cause">What libtorch said.</param>
public sealed class FailedStepException(int epoch, int step, string? checkpoint, ExternalException cause) : Exception(
    $"libtorch failed at step {step} of epoch {epoch}: {cause.Message.Split('\n')[0].TrimEnd()} "
    + (checkpoint is null ? "There is no checkpoint yet; start again." : $"The last good checkpoint is '{checkpoint}'; go on with --resume."),
    cause);
