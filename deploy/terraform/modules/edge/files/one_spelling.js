// Gives a question one spelling, so that it has one entry in the cache: its parameters in the order of their names,
// values of one name in the order in which they were sent. (CloudFront function, viewer request.)
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
function handler(event) {
    const sent = event.request.querystring;
    const parameters = [];
    for (const name of Object.keys(sent).sort()) {
        for (const parameter of sent[name].multiValue || [sent[name]]) {
            parameters.push(name + "=" + parameter.value);
        }
    }
    event.request.querystring = parameters.join("&");
    return event.request;
}
