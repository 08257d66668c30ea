namespace AlexNetService.Client;

/// <summary>The classes of a photograph.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies the request in the service's log.</param>
/// <param name="Confident">
/// Whether the first prediction is so probable that such answers are right as often as
/// <see cref="ClassifyOptions.MinConfidence"/> asks, 90 % by default; null if that was not measured for these models and crops.
/// </param>
/// <param name="ExpectedError">
/// How often answers of about this probability are wrong, 0 to 1; null like <paramref name="Confident"/>.
/// </param>
public sealed record Classification(
    IReadOnlyList<ClassPrediction> Predictions,
    IReadOnlyList<AnsweringModel> Models,
    int Crops,
    AnswerTiming Timing,
    string RequestId,
    bool? Confident,
    double? ExpectedError);

/// <summary>A class and its probability.</summary>
/// <param name="Rank">Place, from 1.</param>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class, such as its synset.</param>
/// <param name="Label">Name of the class.</param>
/// <param name="Probability">0 to 1.</param>
public sealed record ClassPrediction(int Rank, int Index, string Id, string Label, float Probability);

/// <summary>A model that answered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Weight">Its weight in the mean, relative to the other models.</param>
/// <param name="Predictions">Its own most probable classes, if <see cref="ClassifyOptions.Detail"/> was set.</param>
public sealed record AnsweringModel(string Name, int Version, double Weight, IReadOnlyList<ClassPrediction>? Predictions);

/// <summary>Where the time went, in milliseconds.</summary>
/// <param name="DecodeMs">Decoding, including the wait for a decoding thread.</param>
/// <param name="QueueMs">Waiting for the models.</param>
/// <param name="InferMs">In the models.</param>
/// <param name="TotalMs">From the request's headers to its answer, including the time to read the body.</param>
public sealed record AnswerTiming(double DecodeMs, double QueueMs, double InferMs, double TotalMs);

/// <summary>The classes of many photographs.</summary>
/// <param name="Results">One result for each photograph, in the order they were sent.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="RequestId">Identifies the request in the service's log.</param>
public sealed record BatchClassification(
    IReadOnlyList<BatchResult> Results, IReadOnlyList<AnsweringModel> Models, int Crops, string RequestId);

/// <summary>The classes of one photograph of a batch, or an error.</summary>
/// <param name="Name">The photograph's name, or <c>images[place]</c>.</param>
/// <param name="Predictions">The most probable classes; null where there is an error.</param>
/// <param name="Models">The most probable classes of each model, if <see cref="ClassifyOptions.Detail"/> was set.</param>
/// <param name="Error">Why there is no answer; null where there is one.</param>
/// <param name="Confident">As in <see cref="Classification"/>.</param>
/// <param name="ExpectedError">As in <see cref="Classification"/>.</param>
public sealed record BatchResult(
    string Name,
    IReadOnlyList<ClassPrediction>? Predictions,
    IReadOnlyList<AnsweringModel>? Models,
    ServiceProblem? Error,
    bool? Confident,
    double? ExpectedError);

/// <summary>A refusal, as RFC 9457 problem details.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">The kind of problem.</param>
/// <param name="Detail">What is wrong with this request and what to do, a sentence.</param>
/// <param name="Type">Address of a page about this kind of problem.</param>
/// <param name="TraceId">Identifies the request in the service's log and traces.</param>
public sealed record ServiceProblem(int Status, string? Title, string? Detail, string? Type, string? TraceId);

/// <summary>A photograph's features: the input of the network's last layer, the mean over the crops.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Normalised">Whether the vector has length 1.</param>
/// <param name="Features">The values.</param>
/// <param name="RequestId">Identifies the request in the service's log.</param>
public sealed record FeatureVector(
    string Model, int Version, int Crops, bool Normalised, ReadOnlyMemory<float> Features, string RequestId);

/// <summary>How much a class depends on each part of a photograph.</summary>
/// <param name="Class">The class.</param>
/// <param name="Probability">Its probability with nothing covered.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Canvas">Side of the canvas, the centre square of the photograph, in pixels.</param>
/// <param name="Window">Side of the covering square, in pixels.</param>
/// <param name="Offsets">The places, in pixels of the canvas: of the rows from the top, of the columns from the left.</param>
/// <param name="Falls">How much the probability falls with the square at each place, row by row; negative if it rises.</param>
/// <param name="Overlay">The map drawn over the canvas, a PNG in a data URI.</param>
/// <param name="RequestId">Identifies the request in the service's log.</param>
public sealed record Explanation(
    ExplainedClass Class,
    float Probability,
    IReadOnlyList<AnsweringModel> Models,
    int Canvas,
    int Window,
    IReadOnlyList<int> Offsets,
    IReadOnlyList<IReadOnlyList<float>> Falls,
    string Overlay,
    string RequestId)
{
    /// <summary>The map drawn over the canvas, a PNG file.</summary>
    public byte[] Png() => Convert.FromBase64String(Overlay[(Overlay.IndexOf(',', StringComparison.Ordinal) + 1)..]);
}

/// <summary>The explained class.</summary>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">Name of the class.</param>
public sealed record ExplainedClass(int Index, string Id, string Label);

/// <summary>What the service serves.</summary>
/// <param name="Models">The models.</param>
/// <param name="Ensembles">The ensembles that a request can name like a model.</param>
/// <param name="Default">The models that answer requests that name none.</param>
public sealed record ServedModels(
    IReadOnlyList<ServedModel> Models, IReadOnlyList<ServedEnsemble> Ensembles, IReadOnlyList<AnsweringModel> Default);

/// <summary>A served model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Device">The device it runs on: <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Classes">Number of its classes.</param>
/// <param name="Canvas">Side of the square that a photograph is scaled to, in pixels.</param>
/// <param name="Crop">Side of a crop, in pixels.</param>
public sealed record ServedModel(string Name, int Version, string Device, int Classes, int Canvas, int Crop);

/// <summary>A served ensemble.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">Its members.</param>
public sealed record ServedEnsemble(string Name, IReadOnlyList<AnsweringModel> Members);
