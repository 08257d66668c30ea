namespace AlexNetService.Training.Runs;

/// <summary>Shows a run while it trains.</summary>
public abstract class TrainingDisplay : IProgress<StepReport>
{
    private StepReport? last;
    private TimeSpan waitedBefore;

    /// <summary>Share of the epoch so far in which steps waited for data, 0 to 1.</summary>
    protected double WaitedShare => last is null ? 0 : (last.Waited - waitedBefore) / last.Elapsed;

    /// <summary>Prints a warning on standard error.</summary>
    public static void Warn(string message) => Console.Error.WriteLine($"alexnet: {message}");

    /// <summary>Prints warnings on standard error, a line each.</summary>
    public static void Warn(IEnumerable<string> messages)
    {
        foreach (var message in messages)
        {
            Warn(message);
        }
    }

    /// <summary>The command that continues a run.</summary>
    public static string ResumeCommand(string folder) => $"alexnet train --resume --output \"{folder}\"";

    /// <summary>A new run has looked at its data. By default only the findings are shown, as warnings.</summary>
    public virtual void Found(DataSurvey survey) => Warn(survey.Findings);

    /// <summary>The run begins or continues.</summary>
    public abstract void Begin(TrainingState state, string folder);

    /// <summary>Runs the training, which reports steps and epochs, and shows it meanwhile.</summary>
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

    /// <summary>An epoch is finished and saved.</summary>
    public abstract void EpochDone(EpochResult result);

    /// <summary>The run was stopped or failed, and can continue.</summary>
    public virtual void Resumable(TrainingState state, string folder)
    {
    }

    /// <summary>All epochs are finished and the best one is tested.</summary>
    public virtual void Done(TrainingState state, TrainingResult result, string folder)
    {
    }

    /// <summary>The run was already done.</summary>
    public virtual void AlreadyDone(TrainingState state, string folder)
    {
    }

    /// <summary>A step is done; whether it is the first one shown of its epoch.</summary>
    protected abstract void StepDone(StepReport report, bool isNewEpoch);
}
