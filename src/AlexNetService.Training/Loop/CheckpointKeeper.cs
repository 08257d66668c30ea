namespace AlexNetService.Training.Loop;

/// <summary>When checkpoints are written and how many are kept.</summary>
/// <param name="Keep">
/// Number of finished epochs to keep besides the best one, and number of checkpoints to keep in the middle of the current epoch; 1 or more.
/// </param>
/// <param name="Every">Longest time between two checkpoints; zero to write one only after each epoch.</param>
public sealed record CheckpointPolicy(int Keep, TimeSpan Every)
{
    /// <summary>Keeps three and writes one at least every ten minutes.</summary>
    public static CheckpointPolicy Usual { get; } = new(3, TimeSpan.FromMinutes(10));
}

/// <summary>Writes the checkpoints of a run while it trains.</summary>
/// <param name="folder">The run's checkpoints.</param>
/// <param name="policy">When to write and how many to keep.</param>
/// <param name="clock">The clock.</param>
public sealed class CheckpointKeeper(CheckpointFolder folder, CheckpointPolicy policy, TimeProvider clock)
{
    private long saved = clock.GetTimestamp();

    /// <summary>The newest checkpoint file, or null.</summary>
    internal string? Newest => folder.Files is [var newest, ..] ? newest : null;

    /// <summary>Whether a checkpoint in the middle of an epoch is due.</summary>
    internal bool IsDue => policy.Every > TimeSpan.Zero && clock.GetElapsedTime(saved) >= policy.Every;

    /// <summary>Writes a checkpoint and deletes old ones.</summary>
    /// <exception cref="CheckpointException">The disk is full or the folder is not writable; earlier checkpoints are unchanged.</exception>
    internal void Save(Checkpoint checkpoint)
    {
        folder.Save(checkpoint, policy.Keep);
        saved = clock.GetTimestamp();
    }
}
