using AlexNetService.Training.Loop;
using AlexNetService.Worker.Log;
using Spectre.Console;

namespace AlexNetService.Worker.Train;

/// <summary>What a run tells while it trains. This is the one place that chooses between a terminal, plain lines and JSON.</summary>
internal abstract class TrainingDisplay : IProgress<StepReport>
{
    private StepReport? last;
    private TimeSpan waitedBefore;

    /// <summary>Share of the epoch so far in which the steps waited for data, 0 to 1.</summary>
    protected double WaitedShare => last is null ? 0 : (last.Waited - waitedBefore) / last.Elapsed;

    /// <summary>The display for this format and this output.</summary>
    public static TrainingDisplay For(LogFormat format) =>
        format == LogFormat.Json ? new JsonDisplay(JsonLog.OnStandardOutput())
        : AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected ? new LiveDisplay(AnsiConsole.Console, TimeProvider.System)
        : new PlainDisplay();

    /// <summary>Something that people should know, and that stops nothing.</summary>
    public static void Warn(string message) => Console.Error.WriteLine($"alexnet: {message}");

    /// <summary>The command that goes on with a run.</summary>
    public static string ResumeCommand(string folder) => $"alexnet train --resume --output \"{folder}\"";

    /// <summary>The run is about to begin or to go on.</summary>
    public abstract void Begin(TrainingState state, string folder);

    /// <summary>Trains, and shows it meanwhile.</summary>
    /// <param name="training">The training; reports steps and epochs.</param>
    public virtual void While(Action training) => training();

    /// <inheritdoc/>
    public void Report(StepReport value)
    {
        var isNewEpoch = value.Epoch != last?.Epoch;
        if (isNewEpoch)
        {
            waitedBefore = last?.Waited ?? TimeSpan.Zero;
        }

        last = value;
        StepDone(value, isNewEpoch);
    }

    /// <summary>An epoch is finished and kept.</summary>
    public abstract void EpochDone(EpochResult result);

    /// <summary>The run was stopped or failed, and can go on.</summary>
    public abstract void Resumable(TrainingState state, string folder);

    /// <summary>All epochs are finished and the final test is made.</summary>
    public abstract void Done(TrainingState state, TrainingResult result, string folder);

    /// <summary>There was nothing left to do.</summary>
    public abstract void AlreadyDone(TrainingState state, string folder);

    /// <summary>A step is done.</summary>
    protected abstract void StepDone(StepReport report, bool isNewEpoch);
}
