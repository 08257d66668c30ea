namespace AlexNetService.Worker;

/// <summary>What the process tells whoever started it.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    public const int Done = 0;

    /// <summary>An option, a data set, a package or a device is not what it should be; one line on standard error says what to do.</summary>
    public const int BadInput = 2;

    /// <summary>Training was stopped by a signal; the run is kept as it stood, and the command to go on was printed.</summary>
    public const int Stopped = 3;

    /// <summary>Training diverged: the loss is no longer a number.</summary>
    public const int Diverged = 4;

    /// <summary>libtorch failed in a step; the last good checkpoint was named, and --resume goes on from it.</summary>
    public const int FailedStep = 5;

    /// <summary>Stopped by a signal before there was anything to keep; nothing was published (128 + SIGINT, as shells have it).</summary>
    public const int Interrupted = 130;
}
