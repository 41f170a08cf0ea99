"""What people see in a browser: the page, the guides, the API reference and the charts.

HTML is rendered here from templates, once per change, like every other answer: by the same
resolution, from the same snapshot. Each page stands in Spanish and in English. Charts are pictures,
which the API's endpoints serve and the page has inline.
"""
