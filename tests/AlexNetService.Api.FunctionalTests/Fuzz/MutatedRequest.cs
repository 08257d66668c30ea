using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using CsCheck;

namespace AlexNetService.Api.FunctionalTests.Fuzz;

/// <summary>A request that was valid once.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Address">Path and query.</param>
/// <param name="Headers">Headers, not validated.</param>
/// <param name="Body">Bytes of the body; empty where there is none.</param>
internal sealed record MutatedRequest(string Method, string Address, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    private const string Boundary = "a-boundary";

    private static readonly string[] Routes =
    [
        "/v1/classify", "/v1/classify/batch", "/v1/features", "/v1/explain",
        "/v2/models/cifar-a/infer", "/v2/models/cifar-a/versions/1/infer", "/v2/repository/index",
    ];

    private static readonly string[] Pages =
    [
        "/", "/v1/models", "/v1/models/cifar-a", "/v1/models/cifar-a/filters.png", "/health/ready", "/health/live", "/metrics", "/problems/not-found",
        "/swagger/v1/swagger.json", "/v2", "/v2/health/ready", "/v2/models/cifar-a", "/v2/models/cifar-a/ready",
    ];

    private static readonly string[] Queries =
    [
        "", "?crops=1&models=cifar-a", "?crops=1", "?models=seven&detail=true&crops=1", "?top=3&crops=10", "?top=&crops=", "?models=,", "?detail=2", "?top=2147483648",
    ];

    private static readonly byte[][] Bodies =
    [
        .. new[] { ".jpg", ".jpg[interlace=true]", ".png", ".png[palette=true]", ".gif", ".webp", ".webp[lossless=true]", ".tif", ".tif[compression=lzw]", ".tif[compression=jpeg]" }
            .Select((suffix, seed) => Pictures.Encode(seed + 1, suffix)),
        Encoding.UTF8.GetBytes("""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["abc"]}],"outputs":[{"name":"probabilities"}]}"""),
    ];

    private static readonly string[] Types =
    [
        "image/jpeg", "image/png", "application/octet-stream", "application/json", "text/plain", "image/*", "multipart/form-data", ";", "",
    ];

    private static readonly (string Name, string Value)[] Extras =
    [
        ("Accept", "image/png"), ("Accept", "*/*;q=2,,"), ("Accept-Encoding", "br;q=x"), ("Content-Encoding", "gzip"), ("traceparent", "00-zz"),
        ("Inference-Header-Content-Length", "10"), ("Inference-Header-Content-Length", "-1"), ("X-Api-Key", "nobody's"), ("If-None-Match", "*, \""),
        ("Range", "bytes=-1-"), ("X-Forwarded-For", "not an address"), ("Cookie", "a=b; ;"), ("Origin", "null"), ("Expect", "200-ok"),
    ];

    private static readonly Gen<Mutation> GenMutation = Gen.Select(
        Gen.Enum<MutationKind>(), Gen.Double[0, 1], Gen.Byte, (kind, place, value) => new Mutation(kind, place, value));

    private static readonly Gen<string> GenText = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 0, 8], Gen.String[0, 8]);

    private static readonly Gen<(string, string)[]> GenExtras = One(Extras).Array[0, 3];

    /// <summary>Posts of pictures, raw or as a form, with anything about them changed; and reads with odd addresses.</summary>
    public static Gen<MutatedRequest> Any { get; } = Gen.Frequency((6, Posts()), (1, Reads()));

    /// <param name="service">Scheme, host and port; an address such as <c>//x</c> is meant for it as well.</param>
    public HttpRequestMessage Message(Uri service)
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), service.GetLeftPart(UriPartial.Authority) + Address);
        if (Method == "POST")
        {
            message.Content = new ByteArrayContent(Body);
        }

        foreach (var (name, value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>As it can be sent again by hand.</summary>
    public override string ToString() =>
        $"{Method} {Address} {string.Join(" | ", Headers.Select(header => $"{header.Name}: {header.Value}"))} {Convert.ToBase64String(Body)}";

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<MutatedRequest> Posts() => Gen.Select(
        Gen.Frequency((3, Gen.Const("/v1/classify")), (1, One(Routes))),
        Gen.Frequency((5, Gen.Const("?crops=1&models=cifar-a")), (4, One(Queries)), (1, GenText.Select(text => $"?models={Uri.EscapeDataString(text)}&crops=1"))),
        One(Bodies),
        GenMutation.Array[0, 4],
        Gen.Bool,
        GenMutation.Array[0, 2],
        Gen.Frequency((6, Gen.Const("image/jpeg")), (1, One(Types))),
        GenExtras,
        (route, query, body, changes, form, formChanges, type, extras) =>
        {
            var changed = Mutation.Apply(body, changes);
            return new MutatedRequest(
                "POST",
                route + query,
                [("Content-Type", form ? $"multipart/form-data; boundary={Boundary}" : type), .. extras],
                form ? Mutation.Apply(Form(changed, route), formChanges) : changed);
        });

    private static Gen<MutatedRequest> Reads() => Gen.Select(
        One("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "ODD"),
        One([.. Pages, .. Routes]),
        GenText,
        GenExtras,
        (method, page, text, extras) => new MutatedRequest(method, $"{page}/{Uri.EscapeDataString(text)}?{Uri.EscapeDataString(text)}={page}", extras, []));

    private static byte[] Form(byte[] picture, string route)
    {
        var field = route.EndsWith("batch", StringComparison.Ordinal) ? "images" : "image";
        return
        [
            .. Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"),
            .. picture,
            .. Encoding.ASCII.GetBytes($"\r\n--{Boundary}--\r\n"),
        ];
    }
}
