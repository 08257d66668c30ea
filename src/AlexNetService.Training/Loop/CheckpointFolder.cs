namespace AlexNetService.Training.Loop;

/// <summary>Selects one of a run's finished epochs.</summary>
public enum CheckpointChoice
{
    /// <summary>The epoch with the lowest top-1 error on held-out photographs; the newest if none was measured.</summary>
    Best,

    /// <summary>The newest epoch.</summary>
    Newest,
}

/// <summary>
/// When checkpoints are written, and how many are kept. <c>Keep</c> is the number of finished epochs besides the best one, and of
/// checkpoints in the middle of the current epoch; 1 or more. <c>Every</c> is the longest time between two checkpoints; zero to write one
/// only after each epoch.
/// </summary>
public sealed record CheckpointPolicy(int Keep, TimeSpan Every)
{
    /// <summary>Keeps three and writes one at least every ten minutes.</summary>
    public static CheckpointPolicy Usual { get; } = new(3, TimeSpan.FromMinutes(10));
}

/// <summary>
/// The checkpoints of a run. <c>epoch-0006.safetensors</c> is the run after its sixth epoch, and
/// <c>epoch-0006-step-00000123.safetensors</c> the run in the middle of that epoch. The names sort by age.
/// </summary>
public sealed class CheckpointFolder(string run)
{
    private const string MiddleMark = "-step-";

    private readonly string folder = Path.Combine(run, "checkpoints");

    /// <summary>When the run writes checkpoints, and how many it keeps.</summary>
    public CheckpointPolicy Policy { get; init; } = CheckpointPolicy.Usual;

    /// <summary>The checkpoint files, newest first.</summary>
    public IReadOnlyList<string> Files => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "epoch-*.safetensors").OrderDescending(StringComparer.Ordinal)]
        : [];

    internal string? NewestFile => Files is [var newest, ..] ? newest : null;

    /// <summary>The file of a state's checkpoint.</summary>
    public string PathOf(TrainingState state) => state.UnderWay is { } epoch
        ? Path.Combine(folder, $"epoch-{state.Epochs.Count + 1:D4}{MiddleMark}{epoch.Steps:D8}.safetensors")
        : PathOf(state.Epochs.Count);

    /// <summary>
    /// Reads the newest readable checkpoint, to resume from. <paramref name="skipped"/> receives a message about each damaged file.
    /// </summary>
    /// <exception cref="InputException">There is no readable checkpoint.</exception>
    public Checkpoint Newest(Action<string>? skipped = null) => First(Files, skipped) ?? throw new InputException(
        Files.Count == 0
            ? $"'{run}' contains no checkpoint. Name the folder that 'alexnet train --output' wrote."
            : $"None of the {Files.Count} checkpoints of '{run}' can be read.");

    /// <summary>
    /// Reads the checkpoint of a finished epoch, to measure or publish. If it is damaged or missing, the newest readable one is used;
    /// <paramref name="skipped"/> receives a message about each such file.
    /// </summary>
    /// <exception cref="InputException">There is no readable checkpoint of a finished epoch.</exception>
    public Checkpoint Finished(CheckpointChoice choice, Action<string>? skipped = null)
    {
        string[] finished = [.. Files.Where(file => !IsMiddle(file))];
        var newest = First(finished, skipped) ?? throw new InputException(
            finished.Length > 0 ? $"None of the {finished.Length} finished epochs of '{run}' can be read."
            : Files is [var middle, ..]
                ? $"'{run}' has no finished epoch yet. Finish one with --resume, or name a checkpoint of the unfinished epoch: "
                    + $"--run \"{middle}\"."
            : $"'{run}' contains no checkpoint. Name the folder that 'alexnet train --output' wrote.");
        if (choice == CheckpointChoice.Newest || newest.State.Best is not { } best || best.Epoch == newest.State.Epochs.Count)
        {
            return newest;
        }

        if (!File.Exists(PathOf(best.Epoch)))
        {
            skipped?.Invoke($"'{PathOf(best.Epoch)}', the best epoch, is missing; epoch {newest.State.Epochs.Count} is used instead.");
            return newest;
        }

        return First([PathOf(best.Epoch)], skipped) ?? newest;
    }

    /// <summary>
    /// Writes a checkpoint, then deletes old files and gives the path of the new one. The best finished epoch stays, and so do the last few
    /// finished epochs and the last few checkpoints in the middle of the current epoch. Partial files of a process that was killed while
    /// writing are deleted too.
    /// </summary>
    /// <exception cref="InputException">The disk is full or the folder is not writable; earlier checkpoints are unchanged.</exception>
    internal string Save(Checkpoint checkpoint)
    {
        var path = PathOf(checkpoint.State);
        try
        {
            Directory.CreateDirectory(folder);
            checkpoint.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"The checkpoint '{path}' cannot be written: {e.Message} "
                + (Files.Count > 0
                    ? "Earlier checkpoints are unchanged. Free disk space, then continue with --resume."
                    : "There is no earlier one. Free disk space, then start again."),
                e);
        }

        // Files that sort after the new one are damaged; otherwise the run would have resumed from them.
        var files = Files.SkipWhile(file => file != path).ToArray();
        var best = PathOf(checkpoint.State.Best?.Epoch ?? 0);
        var finished = files.Where(file => !IsMiddle(file)).ToArray();
        var middle = files.TakeWhile(IsMiddle).ToArray();
        string[] wanted = [.. finished.Take(Policy.Keep), .. finished.Where(file => file == best), .. middle.Take(Policy.Keep)];
        foreach (var old in Files.Except(wanted).Concat(Directory.EnumerateFiles(folder, "*.safetensors.partial")))
        {
            File.Delete(old);
        }

        return path;
    }

    private static bool IsMiddle(string file) => Path.GetFileName(file).Contains(MiddleMark, StringComparison.Ordinal);

    private static Checkpoint? First(IEnumerable<string> files, Action<string>? skipped)
    {
        foreach (var file in files)
        {
            try
            {
                return Checkpoint.Read(file);
            }
            catch (InvalidDataException e)
            {
                skipped?.Invoke(e.Message);
            }
        }

        return null;
    }

    private string PathOf(int epoch) => Path.Combine(folder, $"epoch-{epoch:D4}.safetensors");
}
