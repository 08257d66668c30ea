namespace AlexNetService.Training.Runs;

/// <summary>JSON of a run's files, camelCase.</summary>
[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingRecipe))]
[JsonSerializable(typeof(TrainingResult))]
internal sealed partial class RunJson : JsonSerializerContext
{
    public static RunJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>Indented, for people; nulls are left out.</summary>
    public static RunJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });
}
