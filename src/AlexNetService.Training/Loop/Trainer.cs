using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Trains a network (Krizhevsky 2012 §5). Each epoch makes one update per batch of random crops along the gradient of the
/// log-likelihood, then measures the error on the held-out photographs and writes a checkpoint.
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
    private readonly PixelCentring centring;
    private (LateReading Facts, int Images, double Rate)? unread;

    /// <summary>Starts a new run.</summary>
    /// <param name="state">The state, without epochs.</param>
    /// <param name="data">The photographs to train on and to validate on.</param>
    /// <param name="placement">The device of each column.</param>
    /// <param name="keeper">Writes the checkpoints.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="progress">Receives a report after each step, on the training thread.</param>
    /// <param name="initial">Initial weights, or null to draw them.</param>
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

    /// <summary>Resumes a run from a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="data">The photographs of the same data set as before.</param>
    /// <param name="placement">The device of each column.</param>
    /// <param name="keeper">Writes the checkpoints.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="progress">Receives a report after each step, on the training thread.</param>
    public Trainer(
        Checkpoint checkpoint,
        TrainingData data,
        ColumnPlacement placement,
        CheckpointKeeper keeper,
        TimeProvider clock,
        IProgress<StepReport>? progress = null)
        : this(data, checkpoint.State, placement, keeper, clock, progress)
    {
        ColumnWeights.Load(network, checkpoint.Weights);
        step.Velocities = checkpoint.Velocities;
    }

    private Trainer(
        TrainingData data,
        TrainingState state,
        ColumnPlacement placement,
        CheckpointKeeper keeper,
        TimeProvider clock,
        IProgress<StepReport>? progress)
    {
        (State, this.keeper, this.clock, this.progress) = (state, keeper, clock, progress);
        (training, validation) = data;
        network = new ColumnNetwork(state.Architecture, placement, state.Recipe.Precision);
        step = new TrainingStep(network, state.Recipe, ClassWeights(state));
        augmentation = new Augmentation(
            state.Architecture.Geometry,
            state.Colours,
            state.Recipe.ColourShift,
            state.Recipe.RandomCrops,
            state.Recipe.ScaleJitter);
        centring = new PixelCentring(state.Colours, state.Architecture.Geometry.Crop, placement);
        feed = new BatchFeed(state.Recipe.BatchSize, state.Architecture.Geometry.Crop, augmentation.Pixels, placement.UsesCuda);
    }

    /// <summary>The state of the last checkpoint, or the initial state.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Runs the remaining epochs. Writes a checkpoint after each, and in the middle of an epoch when one is due.</summary>
    /// <param name="epochDone">Receives the result of each finished epoch, after its checkpoint is written.</param>
    /// <param name="cancellation">Stops after the steps that are under way and writes a checkpoint.</param>
    /// <exception cref="FailedStepException">libtorch failed in a step; no checkpoint of that step was written.</exception>
    /// <exception cref="DivergedException">The loss or a weight is not a number; no checkpoint of that step was written.</exception>
    /// <exception cref="DataSetException">The data set could not be read; a checkpoint of the progress so far was written.</exception>
    /// <exception cref="CheckpointException">A checkpoint cannot be written; earlier ones are unchanged.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void Run(Action<EpochResult>? epochDone, CancellationToken cancellation)
    {
        while (!State.IsDone)
        {
            cancellation.ThrowIfCancellationRequested();
            var tally = new EpochTally(State.UnderWay, clock);
            EpochResult result;
            try
            {
                Learn(tally, cancellation);
                result = Judge(tally, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or DataSetException)
            {
                Settle(tally);
                if (tally.Steps > (State.UnderWay?.Steps ?? 0))
                {
                    Keep(State with { UnderWay = tally.UnderWay() }, tally);
                }

                throw;
            }

            Keep(State with { Epochs = [.. State.Epochs, result], UnderWay = null }, tally);
            TorchRuntime.Trim();
            epochDone?.Invoke(result);
        }
    }

    /// <summary>The current merged weights.</summary>
    public NamedWeights Weights() => ColumnWeights.Merge(network);

    /// <inheritdoc/>
    public void Dispose()
    {
        unread?.Facts.Dispose();
        feed.Dispose();
        centring.Dispose();
        step.Dispose();
        network.Dispose();
    }

    /// <summary>
    /// Runs the remaining steps of an epoch. The loss of a step is read after the next step is queued, so a device always has work. Before
    /// a checkpoint all losses are read.
    /// </summary>
    private void Learn(EpochTally tally, CancellationToken cancellation)
    {
        var (epoch, photographs) = (State.Epochs.Count, training.Photographs);
        var order = Seeds.Order(State.Seed, epoch, photographs.Count)[tally.Errors.Images..];
        int Draw(int use, Span<byte> crop, Span<float> shift)
        {
            augmentation.Draw(training[order[use]].Span, Seeds.OfUse(State.Seed, epoch, order[use]), crop, shift);
            return photographs[order[use]].Label;
        }

        network.train();
        var number = tally.Steps;
        foreach (var batch in feed.Run(order.Length, Draw))
        {
            var rate = RateAt(number);
            var facts = Step(batch, epoch, number++, rate);
            Settle(tally);
            unread = (facts, batch.Count, rate);
            cancellation.ThrowIfCancellationRequested();
            if (keeper.IsDue)
            {
                Settle(tally);
                Keep(State with { UnderWay = tally.UnderWay() }, tally);
            }
        }

        Settle(tally);
    }

    /// <summary>Queues one update from one batch.</summary>
    /// <returns>The numbers of <see cref="TrainingStep.Run"/>.</returns>
    private LateReading Step(Batch batch, int epoch, int number, double rate)
    {
        using var scope = NewDisposeScope();
        try
        {
            return new LateReading(step.Run(centring.Of(batch), batch.Labels(), rate, Seeds.OfStep(State.Seed, epoch, number)));
        }
        catch (ExternalException e)
        {
            throw new FailedStepException(epoch + 1, number, keeper.Newest, e);
        }
    }

    /// <summary>Reads the step that was queued last, if it is not read yet, and reports it.</summary>
    private void Settle(EpochTally tally)
    {
        if (unread is not var (facts, images, rate))
        {
            return;
        }

        unread = null;
        using var read = facts;
        float[] numbers;
        try
        {
            numbers = facts.Read();
        }
        catch (ExternalException e)
        {
            throw new FailedStepException(State.Epochs.Count + 1, tally.Steps, keeper.Newest, e);
        }

        if (!float.IsFinite(numbers[0]))
        {
            throw Diverged(tally);
        }

        tally.Add(images, numbers[0], numbers.AsSpan(1));
        progress?.Report(new StepReport(
            State.Epochs.Count + 1,
            tally.Errors.Images,
            training.Photographs.Count,
            rate,
            tally.Loss,
            tally.Errors.Top1,
            tally.Errors.Top5,
            tally.Elapsed,
            feed.Waited));
    }

    /// <summary>Measures the error on the centre crops of the held-out photographs.</summary>
    private EpochResult Judge(EpochTally tally, CancellationToken cancellation)
    {
        var heldOut = validation.Photographs.Count > 0
            ? Validation.CentreCrop(network, validation, augmentation, centring, feed, cancellation)
            : null;
        return new EpochResult(
            State.Epochs.Count + 1,
            RateAt(tally.Steps - 1),
            tally.Loss,
            tally.Errors.Top1,
            heldOut?.Top1,
            heldOut?.Top5,
            tally.Elapsed.TotalSeconds,
            clock.GetUtcNow());
    }

    /// <summary>Writes a checkpoint, or throws if a weight is not a number.</summary>
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

    /// <summary>One divided by the photographs of each class, or null where every photograph counts as much.</summary>
    private float[]? ClassWeights(TrainingState state)
    {
        if (!state.Recipe.BalancedClasses)
        {
            return null;
        }

        var photographs = new int[state.Labels.Count];
        foreach (var photograph in training.Photographs)
        {
            photographs[photograph.Label]++;
        }

        return [.. photographs.Select(count => count == 0 ? 0 : 1f / count)];
    }

    /// <summary>The rate of a step of the current epoch.</summary>
    /// <param name="step">The step, from 0.</param>
    private double RateAt(int step) => LearningRates.At(
        State.Recipe,
        State.Epochs.Count,
        (double)step * State.Recipe.BatchSize / training.Photographs.Count,
        [.. State.Epochs.Select(past => past.ValidationTop1Error ?? 1)]);

    private DivergedException Diverged(EpochTally tally) => new(State.Epochs.Count + 1, tally.Steps, RateAt(tally.Steps), keeper.Newest);
}

/// <summary>Progress of a run.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Seen">Photographs trained in this epoch so far.</param>
/// <param name="Images">Photographs per epoch.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Loss">Mean loss of the epoch so far, in nats.</param>
/// <param name="Top1Error">Top-1 error of the epoch so far, 0 to 1.</param>
/// <param name="Top5Error">Top-5 error of the epoch so far, 0 to 1.</param>
/// <param name="Elapsed">Time since the epoch began.</param>
/// <param name="Waited">Time that steps have waited for data since the run began.</param>
public sealed record StepReport(
    int Epoch,
    int Seen,
    int Images,
    double LearningRate,
    double Loss,
    double Top1Error,
    double Top5Error,
    TimeSpan Elapsed,
    TimeSpan Waited)
{
    /// <summary>Photographs per second, over the epoch so far.</summary>
    public double ImagesPerSecond => Seen / Elapsed.TotalSeconds;

    /// <summary>Time that the rest of the run takes at the current speed.</summary>
    /// <param name="epochs">Number of epochs of the run.</param>
    public TimeSpan Left(int epochs) => TimeSpan.FromSeconds((Images - Seen + ((double)(epochs - Epoch) * Images)) / ImagesPerSecond);
}

/// <summary>Training diverged: the loss or a weight is not a number.</summary>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step of the epoch, from 0; after the last step, the number of steps.</param>
/// <param name="rate">The learning rate.</param>
/// <param name="checkpoint">The last good checkpoint, or null.</param>
public sealed class DivergedException(int epoch, int step, double rate, string? checkpoint) : Exception(
    $"The loss or a weight is not a number at step {step} of epoch {epoch} with a learning rate of {rate}. Try a smaller --learning-rate. "
    + (checkpoint is null ? "There is no checkpoint yet." : $"The last good checkpoint is '{checkpoint}'."));

/// <summary>libtorch failed in a step; the weights may be only partly updated.</summary>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step of the epoch, from 0.</param>
/// <param name="checkpoint">The last good checkpoint, or null.</param>
/// <param name="cause">The exception from libtorch.</param>
public sealed class FailedStepException(int epoch, int step, string? checkpoint, ExternalException cause) : Exception(
    $"libtorch failed at step {step} of epoch {epoch}: {cause.Message.Split('\n')[0].TrimEnd()} "
    + (checkpoint is null
        ? "There is no checkpoint yet; start again."
        : $"The last good checkpoint is '{checkpoint}'; continue with --resume."),
    cause);
