using System.Globalization;

namespace AlexNetService.Training.Loop;

/// <summary>Which of a run's finished epochs is meant.</summary>
public enum CheckpointChoice
{
    /// <summary>The one with the least top-1 error on held-out photographs; the newest where none was measured.</summary>
    Best,

    /// <summary>The newest.</summary>
    Newest,
}

/// <summary>
/// The checkpoints of a run. <c>epoch-0006.safetensors</c> is the run after its sixth epoch,
/// <c>epoch-0006-step-00000123.safetensors</c> the run in the middle of it; the names sort by age.
/// </summary>
/// <param name="run">The run's folder.</param>
public sealed class CheckpointFolder(string run)
{
    private const string MiddleMark = "-step-";

    private readonly string folder = Path.Combine(run, "checkpoints");

    /// <summary>The checkpoint files, newest first.</summary>
    public IReadOnlyList<string> Files => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "epoch-*.safetensors").OrderDescending(StringComparer.Ordinal)]
        : [];

    /// <summary>Where the checkpoint of a state lies.</summary>
    /// <param name="state">The state.</param>
    public string PathOf(TrainingState state) => state.UnderWay is { } epoch
        ? Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"epoch-{state.Epochs.Count + 1:D4}{MiddleMark}{epoch.Steps:D8}.safetensors"))
        : PathOf(state.Epochs.Count);

    /// <summary>Reads the newest good checkpoint, to go on from; a damaged one is passed over for the one before.</summary>
    /// <param name="passedOver">Told about each damaged file.</param>
    /// <exception cref="CheckpointException">There is no good checkpoint.</exception>
    public Checkpoint Newest(Action<string>? passedOver = null) => First(Files, passedOver) ?? throw new CheckpointException(
        Files.Count == 0
            ? $"'{run}' holds no checkpoint. Name the folder that 'alexnet train --output' wrote."
            : $"None of the {Files.Count} checkpoints of '{run}' can be read.");

    /// <summary>Reads the checkpoint of a finished epoch, to measure or publish; a damaged one is passed over for the newest before.</summary>
    /// <param name="choice">Which epoch.</param>
    /// <param name="passedOver">Told about each file that is damaged or not there.</param>
    /// <exception cref="CheckpointException">There is no good checkpoint of a finished epoch.</exception>
    public Checkpoint Finished(CheckpointChoice choice, Action<string>? passedOver = null)
    {
        string[] finished = [.. Files.Where(file => !IsMiddle(file))];
        var newest = First(finished, passedOver) ?? throw new CheckpointException(
            finished.Length > 0 ? $"None of the {finished.Length} finished epochs of '{run}' can be read."
            : Files is [var middle, ..] ? $"'{run}' has no finished epoch yet. Finish one with --resume, or name a checkpoint in its middle: --run \"{middle}\"."
            : $"'{run}' holds no checkpoint. Name the folder that 'alexnet train --output' wrote.");
        if (choice == CheckpointChoice.Newest || newest.State.Best is not { } best || best.Epoch == newest.State.Epochs.Count)
        {
            return newest;
        }

        if (!File.Exists(PathOf(best.Epoch)))
        {
            passedOver?.Invoke($"'{PathOf(best.Epoch)}', the best epoch, is not there; epoch {newest.State.Epochs.Count} is taken.");
            return newest;
        }

        return First([PathOf(best.Epoch)], passedOver) ?? newest;
    }

    /// <summary>
    /// Writes a checkpoint, then removes what is no longer wanted: finished epochs but the last few and the best, checkpoints in the
    /// middle of an epoch but the last few of the epoch under way, and leftovers of a process that was killed while writing.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="keep">How many of each kind stay.</param>
    /// <returns>Path of the file.</returns>
    /// <exception cref="CheckpointException">The disk is full or the folder cannot be written; earlier checkpoints are untouched.</exception>
    internal string Save(Checkpoint checkpoint, int keep)
    {
        var path = PathOf(checkpoint.State);
        try
        {
            Directory.CreateDirectory(folder);
            checkpoint.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                $"The checkpoint '{path}' cannot be written: {e.Message} Earlier ones are untouched; make room, then go on with --resume.", e);
        }

        // What sorts behind the file just written was damaged, or the run would have gone on from there.
        var files = Files.SkipWhile(file => file != path).ToArray();
        var best = PathOf(checkpoint.State.Best?.Epoch ?? 0);
        var finished = files.Where(file => !IsMiddle(file)).ToArray();
        var middle = files.TakeWhile(IsMiddle).ToArray();
        string[] wanted = [.. finished.Take(keep), .. finished.Where(file => file == best), .. middle.Take(keep)];
        foreach (var old in Files.Except(wanted).Concat(Directory.EnumerateFiles(folder, "*.safetensors.partial")))
        {
            File.Delete(old);
        }

        return path;
    }

    private static bool IsMiddle(string file) => Path.GetFileName(file).Contains(MiddleMark, StringComparison.Ordinal);

    private static Checkpoint? First(IEnumerable<string> files, Action<string>? passedOver)
    {
        foreach (var file in files)
        {
            try
            {
                return Checkpoint.Read(file);
            }
            catch (InvalidDataException e)
            {
                passedOver?.Invoke(e.Message);
            }
        }

        return null;
    }

    private string PathOf(int epoch) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch:D4}.safetensors"));
}
