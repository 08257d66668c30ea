namespace AlexNetService.Training.Loop;

/// <summary>When a run is kept, and how much of it.</summary>
/// <param name="Keep">How many finished epochs stay, besides the best, and how many checkpoints in the middle of the epoch under way; 1 or more.</param>
/// <param name="Every">Longest time between two checkpoints; zero for only one after each epoch.</param>
public sealed record CheckpointPolicy(int Keep, TimeSpan Every)
{
    /// <summary>The last three, and one every ten minutes.</summary>
    public static CheckpointPolicy Usual { get; } = new(3, TimeSpan.FromMinutes(10));
}

/// <summary>Keeps a run while it trains.</summary>
/// <param name="folder">Where to.</param>
/// <param name="policy">When, and how much.</param>
/// <param name="clock">The time.</param>
public sealed class CheckpointKeeper(CheckpointFolder folder, CheckpointPolicy policy, TimeProvider clock)
{
    private long saved = clock.GetTimestamp();

    /// <summary>The newest file, if there is one.</summary>
    internal string? Newest => folder.Files is [var newest, ..] ? newest : null;

    /// <summary>Whether the time for a checkpoint in the middle of an epoch has come.</summary>
    internal bool IsDue => policy.Every > TimeSpan.Zero && clock.GetElapsedTime(saved) >= policy.Every;

    /// <summary>Writes a checkpoint and removes what is no longer wanted.</summary>
    /// <exception cref="CheckpointException">The disk is full or the folder cannot be written; earlier checkpoints are untouched.</exception>
    internal void Save(Checkpoint checkpoint)
    {
        folder.Save(checkpoint, policy.Keep);
        saved = clock.GetTimestamp();
    }
}
