using System.Text.Json.Serialization;

namespace AlexNetService.Worker.Evaluate;

/// <summary>The results of an evaluation, as <c>--json</c> writes and <c>alexnet export --evaluation</c> reads them.</summary>
internal sealed record EvaluationReport
{
    /// <summary>File format that this version writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Bytes; the confusions of ten models of 1000 classes take 25 MB.</summary>
    private const int LargestFile = 128 << 20;

    [JsonRequired]
    public int Format { get; init; } = CurrentFormat;

    public required string DataSet { get; init; }

    public required string DataSetSha256 { get; init; }

    /// <summary>Share of the data set that was measured, as <c>--validation-fraction</c> named it; null for all.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Name of the measured part, for cards.</summary>
    [JsonIgnore]
    public string Split => ValidationFraction is null ? "all" : "validation";

    public required int Photographs { get; init; }

    /// <summary>Photographs that temperatures and searched weights were fitted on.</summary>
    public required int FittedOn { get; init; }

    /// <summary>The other photographs, on which calibration and weights were measured.</summary>
    public required int MeasuredOn { get; init; }

    /// <summary>Identifiers of the models' classes, in the order of the confusion matrices.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    public required IReadOnlyList<ModelReport> Models { get; init; }

    /// <summary>Their ensemble, or null if there is only one model.</summary>
    public ModelReport? Ensemble { get; init; }

    /// <summary>Searched or given weights, or null for those in the cards.</summary>
    public WeightReport? Weights { get; init; }

    /// <summary>Confidence on photographs that show none of the classes, or null if that was not requested.</summary>
    public OtherPhotographs? Others { get; init; }

    /// <summary>How often first predictions are right, with the fitted temperatures if there are any.</summary>
    public ConfidenceTable ConfidenceOf(CalibrationReport found) => (found.After ?? found.Before).ToConfidenceTable(DataSet, found.Crops);

    public void Write(string path) =>
        WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, WorkerJson.Indented.EvaluationReport));

    public static EvaluationReport Read(string path)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path, LargestFile);
            return JsonSerializer.Deserialize(stream, WorkerJson.Indented.EvaluationReport) is { Format: CurrentFormat } report
                && (report.Weights is null || report.Weights.Values.Count == report.Models.Count)
                ? report
                : throw new InputException($"'{path}' is not an evaluation of this version. Write it with 'alexnet evaluate --json'.");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new InputException($"'{path}' is not an evaluation: {e.Message} Write it with 'alexnet evaluate --json'.");
        }
    }
}

/// <summary>Results for a model or for the ensemble; all but the errors are with the most crops that were measured.</summary>
/// <param name="Errors">Errors with the present temperatures, for each number of crops.</param>
/// <param name="PerClass">Errors of each class, worst first.</param>
/// <param name="Confusion">[class shown][class predicted], photographs.</param>
/// <param name="Sha256">Hash of a package's graph or of a checkpoint's weights; null for the ensemble.</param>
internal sealed record ModelReport(
    string Model,
    IReadOnlyList<ErrorMeasure> Errors,
    CalibrationReport Calibration,
    IReadOnlyList<ClassErrors> PerClass,
    [property: JsonConverter(typeof(CountRows))] int[][] Confusion,
    IReadOnlyList<ConfidentError> ConfidentErrors,
    string? Sha256 = null);

/// <summary>Errors, 0 to 1, over a number of photographs with a number of crops each.</summary>
internal sealed record ErrorMeasure(int Crops, int Images, double Top1Error, double Top5Error)
{
    /// <summary>Measures a model with some numbers of crops on photographs of a data set, decoded for its canvas.</summary>
    public static IReadOnlyList<ErrorMeasure> Of(
        EvaluatedModel model, LabelledPhotographs source, Canvases canvases, IReadOnlyList<int> crops, CancellationToken stop)
    {
        var classes = ClassMatch.Of(source, model.Labels, model.Name);
        int[] truth = [.. canvases.Photographs.Select(photograph => classes[photograph.Label])];
        var measured = ModelMeasurement.Of(model, canvases, truth, crops, keep: [], stop).ByCrops;
        return [.. crops.Select(count => Of(count, measured[count]))];
    }

    public static ErrorMeasure Of(int crops, Predictions predictions)
    {
        var errors = predictions.Errors();
        return new ErrorMeasure(crops, errors.Images, errors.Top1, errors.Top5);
    }

    public ErrorMetric ToMetric(string dataSet, string split) => new(dataSet, split, Images, Crops, Top1Error, Top5Error);
}

/// <summary>Calibration, measured on photographs that nothing was fitted on, before and after fitting temperatures.</summary>
/// <param name="Temperature">The fitted temperature of the raw logits; null for an ensemble, or if none was fitted.</param>
internal sealed record CalibrationReport(int Crops, Quality Before, double? Temperature = null, Quality? After = null);

/// <summary>Searched or given weights of the ensemble.</summary>
/// <param name="Values">One weight a model, in their order, summing to 1.</param>
/// <param name="WithTemperatures">Whether the members had their fitted temperatures in the two measurements below.</param>
internal sealed record WeightReport(bool Searched, IReadOnlyList<double> Values, bool WithTemperatures, Quality Equal, Quality Weighted);

/// <summary>Writes a matrix of counts, one row a line.</summary>
internal sealed class CountRows : JsonConverter<int[][]>
{
    public override int[][] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, WorkerJson.Line.Int32ArrayArray) ?? [];

    public override void Write(Utf8JsonWriter writer, int[][] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var row in value)
        {
            writer.WriteRawValue($"[{string.Join(',', row)}]");
        }

        writer.WriteEndArray();
    }
}
