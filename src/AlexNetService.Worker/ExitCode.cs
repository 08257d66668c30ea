namespace AlexNetService.Worker;

internal static class ExitCode
{
    /// <summary>The command did everything.</summary>
    public const int Done = 0;

    /// <summary>An option, a data set, a package or a device is wrong; one line on standard error says what to do.</summary>
    public const int BadInput = 2;

    /// <summary>A signal stopped training or classifying; what was done is kept, and the command that continues was printed.</summary>
    public const int Stopped = 3;

    /// <summary>Training diverged: the loss became NaN or infinite.</summary>
    public const int Diverged = 4;

    /// <summary>libtorch failed in a step; the last good checkpoint was named, and --resume continues from it.</summary>
    public const int FailedStep = 5;

    /// <summary>Some photographs could not be classified; the answers name them.</summary>
    public const int SomeFailed = 6;

    /// <summary>The program has a defect; the message names the file with the details (EX_SOFTWARE of sysexits.h).</summary>
    public const int Defect = 70;

    /// <summary>A signal stopped the command before there was anything to keep or publish (128 + SIGINT, as in shells).</summary>
    public const int Interrupted = 130;
}
