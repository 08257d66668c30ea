using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Trains a network (Krizhevsky 2012 §5). Each epoch makes one update per batch of random crops along the gradient of the
/// log-likelihood, then measures the error on the held-out photographs and writes a checkpoint.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly Canvases training;
    private readonly Canvases validation;
    private readonly CheckpointFolder checkpoints;
    private readonly TimeProvider clock;
    private readonly IProgress<StepReport>? progress;
    private readonly Ranks ranks;
    private readonly float[]? classWeights;
    private readonly ColumnNetwork network;
    private readonly TrainingStep step;
    private readonly BatchFeed feed;
    private readonly Augmentation augmentation;
    private readonly PixelCentring centring;
    private (LateReading Reading, int Images, double Rate)? pending;
    private long lastSave;

    /// <summary>
    /// Starts a new run, or resumes one from a checkpoint, with its weights, its velocities and the photographs of the same data set. A new
    /// run draws its weights if none are given. Progress is reported after each step, on the training thread. Of several ranks, each trains
    /// on its share of every batch; all begin with the weights and velocities of the first, which alone writes checkpoints.
    /// </summary>
    public Trainer(
        TrainingState state,
        TrainingData data,
        ColumnPlacement placement,
        CheckpointFolder checkpoints,
        TimeProvider clock,
        IProgress<StepReport>? progress = null,
        NamedWeights? weights = null,
        IReadOnlyDictionary<string, WeightTensor>? velocities = null,
        Ranks? ranks = null)
    {
        this.ranks = ranks ?? new Ranks();
        (State, this.checkpoints, this.clock, this.progress) = (state, checkpoints, clock, progress);
        (training, validation) = data;
        lastSave = clock.GetTimestamp();
        network = new ColumnNetwork(state.Architecture, placement, state.Recipe.Precision);
        classWeights = ClassWeights(state);
        step = new TrainingStep(network, state.Recipe, classWeights, this.ranks);
        augmentation = new Augmentation(
            state.Architecture.Geometry, state.Colours, state.Recipe.ColourShift, state.Recipe.RandomCrops, state.Recipe.ScaleJitter);
        centring = new PixelCentring(state.Colours, state.Architecture.Geometry.Crop, placement);
        feed = new BatchFeed(
            state.Recipe.BatchSize,
            state.Architecture.Geometry.Crop,
            augmentation.Pixels,
            placement.UsesCuda,
            rowsOf: this.ranks.RowsOf,
            withNext: state.Recipe.CutMix > 0);
        if (weights is null)
        {
            ColumnWeights.Initialise(network, state.Seed, state.Recipe.CentredWeights);
        }
        else
        {
            ColumnWeights.Load(network, weights);
        }

        if (velocities is not null)
        {
            step.Velocities = velocities;
        }

        if (!this.ranks.IsAlone)
        {
            var (common, commonVelocities) = (Weights(), step.Velocities);
            foreach (var shape in state.Architecture.Weights())
            {
                this.ranks.FromFirst(common[shape.Name].Values);
                this.ranks.FromFirst(commonVelocities[shape.Name].Values);
            }

            ColumnWeights.Load(network, common);
            step.Velocities = commonVelocities;
        }
    }

    /// <summary>The state of the last checkpoint, or the initial state.</summary>
    public TrainingState State { get; private set; }

    /// <summary>Runs the remaining epochs. Writes a checkpoint after each, and in the middle of an epoch when one is due.</summary>
    /// <param name="epochDone">Receives the result of each finished epoch, after its checkpoint is written.</param>
    /// <param name="cancellation">Stops after the steps that are under way and writes a checkpoint.</param>
    /// <exception cref="FailedStepException">libtorch failed in a step; no checkpoint of that step was written.</exception>
    /// <exception cref="DivergedException">The loss or a weight is not a number; no checkpoint of that step was written.</exception>
    /// <exception cref="DataSetException">The data set could not be read; a checkpoint of the progress so far was written.</exception>
    /// <exception cref="InputException">A checkpoint cannot be written; earlier ones are unchanged.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public void Run(Action<EpochResult>? epochDone, CancellationToken cancellation)
    {
        while (!State.IsDone)
        {
            ranks.ThrowIfStopped(cancellation);
            var tally = new EpochTally(State.UnderWay, clock);
            EpochResult result;
            try
            {
                TrainEpoch(tally, cancellation);
                result = Validate(tally, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or DataSetException)
            {
                // The progress within the epoch is kept.
                ReadPending(tally);
                if (tally.Steps > (State.UnderWay?.Steps ?? 0))
                {
                    SaveCheckpoint(State with { UnderWay = tally.UnderWay() }, tally);
                }

                throw;
            }

            SaveCheckpoint(State with { Epochs = [.. State.Epochs, result], UnderWay = null }, tally);
            GlibcHeap.Trim();
            epochDone?.Invoke(result);
        }
    }

    /// <summary>The current merged weights.</summary>
    public NamedWeights Weights() => ColumnWeights.Merge(network);

    public void Dispose()
    {
        pending?.Reading.Dispose();
        feed.Dispose();
        centring.Dispose();
        step.Dispose();
        network.Dispose();
    }

    /// <summary>
    /// Runs the remaining steps of an epoch. The loss of a step is read after the next step is queued, so a device always has work. Before
    /// a checkpoint all losses are read.
    /// </summary>
    private void TrainEpoch(EpochTally tally, CancellationToken cancellation)
    {
        var (epoch, photographs) = (State.Epochs.Count, training.Photographs);
        var order = Seeds.Order(State.Seed, epoch, photographs.Count)[tally.Errors.Images..];
        int Draw(int index, Span<byte> crop, Span<float> shift)
        {
            augmentation.Draw(training[order[index]].Span, Seeds.OfUse(State.Seed, epoch, order[index]), crop, shift);
            return photographs[order[index]].Label;
        }

        network.train();
        var (number, seen) = (tally.Steps, 0);
        foreach (var batch in feed.Run(order.Length, Draw))
        {
            var rate = RateAt(number);
            var weight = WeightOf(order.AsSpan(seen, batch.Rows.Whole));
            var reading = Step(batch, epoch, number++, rate, weight);
            ReadPending(tally);
            pending = (reading, batch.Rows.Whole, rate);
            seen += batch.Rows.Whole;
            ranks.ThrowIfStopped(cancellation);
            if (ranks.IsFirst && checkpoints.Policy.Every > TimeSpan.Zero && clock.GetElapsedTime(lastSave) >= checkpoints.Policy.Every)
            {
                ReadPending(tally);
                SaveCheckpoint(State with { UnderWay = tally.UnderWay() }, tally);
            }
        }

        ReadPending(tally);
    }

    private LateReading Step(Batch batch, int epoch, int number, double rate, double weight)
    {
        using var scope = NewDisposeScope();
        try
        {
            var seed = Seeds.OfStep(State.Seed, epoch, number);
            return new LateReading(step.Run(centring.Of(batch), batch.Labels(), rate, seed, batch.Rows, weight));
        }
        catch (ExternalException e)
        {
            throw new FailedStepException(epoch + 1, number, checkpoints.NewestFile, e);
        }
    }

    /// <summary>Reads the step that was queued last, if it is not read yet, and reports it.</summary>
    private void ReadPending(EpochTally tally)
    {
        if (pending is not var (reading, images, rate))
        {
            return;
        }

        pending = null;
        using var read = reading;
        float[] numbers; // The loss, and the crops that are right at top-1 and at top-5.
        try
        {
            numbers = reading.Read();
        }
        catch (ExternalException e)
        {
            throw new FailedStepException(State.Epochs.Count + 1, tally.Steps, checkpoints.NewestFile, e);
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

    private EpochResult Validate(EpochTally tally, CancellationToken cancellation)
    {
        var heldOut = validation.Photographs.Count > 0
            ? Validation.CentreCrop(network, validation, augmentation, centring, feed, ranks, cancellation)
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

    private void SaveCheckpoint(TrainingState state, EpochTally tally)
    {
        if (!ranks.IsFirst)
        {
            State = state;
            return;
        }

        var weights = ColumnWeights.Merge(network);
        if (!weights.AreFinite)
        {
            throw Diverged(tally);
        }

        checkpoints.Save(new Checkpoint(state, weights, step.Velocities));
        lastSave = clock.GetTimestamp();
        State = state;
    }

    /// <summary>The sum of the class weights over the photographs at some places; their number if all classes weigh the same.</summary>
    private double WeightOf(ReadOnlySpan<int> places)
    {
        var sum = 0.0;
        foreach (var place in places)
        {
            sum += classWeights?[training.Photographs[place].Label] ?? 1;
        }

        return sum;
    }

    /// <summary>One divided by the photographs of each class, or null without BalancedClasses.</summary>
    private float[]? ClassWeights(TrainingState state)
    {
        var counts = training.Photographs.CountBy(photograph => photograph.Label).ToDictionary();
        return state.Recipe.BalancedClasses
            ? [.. state.Labels.Select(label => counts.TryGetValue(label.Index, out var count) ? 1f / count : 0)]
            : null;
    }

    /// <summary>The rate of a step of the current epoch; the first step is 0.</summary>
    private double RateAt(int stepNumber) => LearningRates.At(
        State.Recipe,
        State.Epochs.Count,
        (double)stepNumber * State.Recipe.BatchSize / training.Photographs.Count,
        [.. State.Epochs.Select(past => past.ValidationTop1Error ?? 1)]);

    private DivergedException Diverged(EpochTally tally) =>
        new(State.Epochs.Count + 1, tally.Steps, RateAt(tally.Steps), checkpoints.NewestFile);
}

/// <summary>The photographs that a run trains on and those it validates on.</summary>
/// <param name="Training">Canvases to train on.</param>
/// <param name="Validation">Held-out canvases; may be empty.</param>
internal sealed record TrainingData(Canvases Training, Canvases Validation);

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
    public TimeSpan Left(int epochs) => TimeSpan.FromSeconds((Images - Seen + ((double)(epochs - Epoch) * Images)) / ImagesPerSecond);
}

/// <summary>Training diverged: the loss or a weight is not a number. Epochs are counted from 1, steps from 0.</summary>
public sealed class DivergedException(int epoch, int step, double rate, string? checkpoint) : Exception(
    $"The loss or a weight is not a number at step {step} of epoch {epoch} with a learning rate of {rate}. Try a smaller --learning-rate. "
    + (checkpoint is null ? "There is no checkpoint yet." : $"The last good checkpoint is '{checkpoint}'."));

/// <summary>libtorch failed in a step; the weights may be only partly updated. Epochs are counted from 1, steps from 0.</summary>
public sealed class FailedStepException(int epoch, int step, string? checkpoint, ExternalException cause) : Exception(
    $"libtorch failed at step {step} of epoch {epoch}: {cause.Message.Split('\n')[0].TrimEnd()} "
    + (checkpoint is null
        ? "There is no checkpoint yet; start again."
        : $"The last good checkpoint is '{checkpoint}'; continue with --resume."),
    cause);
