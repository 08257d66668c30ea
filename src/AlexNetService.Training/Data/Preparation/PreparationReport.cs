namespace AlexNetService.Training.Data.Preparation;

/// <summary>How far a preparation is.</summary>
/// <param name="Done">Photographs behind it.</param>
/// <param name="Photographs">Photographs in all.</param>
/// <param name="Shard">The shard under way, from 1.</param>
/// <param name="Shards">Shards in all.</param>
/// <param name="Unreadable">Photographs that could not be read.</param>
/// <param name="Kept">Whether the shard was finished by an earlier run and is only verified.</param>
public sealed record PreparationReport(int Done, int Photographs, int Shard, int Shards, int Unreadable, bool Kept);
