namespace AlexNetService.Laboratory.Ablate;

/// <summary>Top-1 and top-5 error, 0 to 1.</summary>
internal sealed record ErrorPair(double Top1, double Top5)
{
    public static ErrorPair Of(ErrorRates errors) => new(errors.Top1, errors.Top5);
}

/// <summary>Outcome of a finished run, as in its <c>outcome.json</c>. A run with this file in its folder is not repeated.</summary>
internal sealed record RunOutcome
{
    private const string File = "outcome.json";

    /// <summary>Name of the variant, or figure1 and an activation.</summary>
    public required string Name { get; init; }
    public required int Seed { get; init; }
    public required TrainingRecipe Recipe { get; init; }

    public required string Table { get; init; }
    public required string TableSha256 { get; init; }
    public required long Parameters { get; init; }
    public required string DataSetSha256 { get; init; }
    public required string Devices { get; init; }
    public required int Threads { get; init; }

    /// <summary>Whether the loss became NaN or infinite; then there are no errors.</summary>
    public required bool Diverged { get; init; }
    public required IReadOnlyList<EpochResult> Epochs { get; init; }

    /// <summary>Errors of the last weights on the held-out photographs, with the centre crop and with ten.</summary>
    public ErrorPair? OneCrop { get; init; }

    public ErrorPair? TenCrops { get; init; }

    /// <summary>How the weights were trained, as in a package's card; null if no epoch was finished.</summary>
    public TrainingManifest? Manifest { get; init; }

    public double Seconds() => Epochs.Sum(epoch => epoch.Seconds);

    public static RunOutcome? Read(string folder)
    {
        var path = Path.Combine(folder, File);
        try
        {
            return System.IO.File.Exists(path)
                ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(path), LaboratoryJson.Default.RunOutcome)
                : null;
        }
        catch (JsonException e)
        {
            throw new InputException($"'{path}' cannot be read ({e.Message}) Delete it to measure the run again from its checkpoint.");
        }
    }

    public void Write(string folder) =>
        WholeFile.Write(Path.Combine(folder, File), JsonSerializer.SerializeToUtf8Bytes(this, LaboratoryJson.Default.RunOutcome));
}
